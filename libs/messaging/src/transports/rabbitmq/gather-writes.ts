import type { Writable } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/** Where the client keeps its socket: not published, and the only place where its writes can be gathered. */
interface KeepsSocket {
  readonly connection?: { readonly stream?: Writable };
}

/**
 * Has the client write what it has to say in one turn of the event loop with one system call: it writes each message by
 * itself, which costs more than all else of a send. Does nothing should the socket not be where it was.
 *
 * @returns whether it was there
 */
export function gatherWrites(model: ChannelModel): boolean {
  const socket = (model as KeepsSocket).connection?.stream;
  if (socket === undefined) return false;
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
  const gathering = (...args: readonly unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  };
  socket.write = gathering as typeof socket.write;
  return true;
}

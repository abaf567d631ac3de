import type { Duplex } from 'node:stream';
import type { ConnectionInternals } from './rhea-internals.js';

/**
 * Makes a socket cheap and quick for AMQP.
 *
 * rhea writes every frame by itself: the frames of one turn leave in one system call here. And a client whose input
 * brought no answer gets an empty frame at once: its next bytes may wait for our acknowledgement (Nagle's algorithm),
 * which the kernel delays by 40 ms when we have nothing to say.
 */
export function corkSocket(socket: Duplex, connection: ConnectionInternals): void {
  let corked = false;
  let answered = true;
  let checking = false;
  const write = socket.write.bind(socket) as (chunk: Buffer) => boolean;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = ((chunk: Buffer) => {
    answered = true;
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(chunk);
  }) as typeof socket.write;
  const check = () => {
    checking = false;
    if (!answered && !socket.destroyed && connection.is_open()) connection._write_frame();
  };
  socket.on('data', () => {
    answered = false;
    if (checking) return;
    checking = true;
    setImmediate(check);
  });
}

import type { ServiceBusClient } from '@azure/service-bus';

interface Socket {
  cork(): void;
  uncork(): void;
}

/** What rhea has to say at the end of a tick goes to this socket. */
interface Writes {
  readonly socket?: Socket;
  output(): void;
}

/**
 * Where the SDK keeps rhea's connection: not published. Should it move, every frame is a write of its own again, and a
 * test of ours fails.
 */
interface KeepsWrites {
  readonly _connectionContext?: { readonly connection?: { readonly _connection?: Writes } };
}

const corked = new WeakSet<object>();

/**
 * Lets all frames of one turn of the event loop, as the settlements of messages that were handled together, leave the
 * client's present connection in one write; rhea (3.0.5, `Transport.write`) writes each by itself. Does nothing the second
 * time.
 */
export function corkWrites(client: ServiceBusClient): void {
  const connection = (client as unknown as KeepsWrites)._connectionContext?.connection?._connection;
  if (connection === undefined || corked.has(connection)) return;
  corked.add(connection);
  const output = connection.output.bind(connection);
  let held: Socket | undefined;
  connection.output = () => {
    const { socket } = connection;
    if (socket !== undefined && socket !== held) {
      held = socket;
      socket.cork();
      setImmediate(() => {
        if (held === socket) held = undefined;
        socket.uncork();
      });
    }
    output();
  };
}

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The part of a Fastify instance that is needed here. */
export interface StopHooks {
  readonly server: Pick<Server, 'on'>;
  addHook(name: 'preClose', hook: () => Promise<void>): unknown;
  addHook(
    name: 'onSend',
    hook: (request: unknown, reply: { header(name: string, value: string): unknown }) => Promise<void>,
  ): unknown;
}

/**
 * Ends each connection with the answer that was under way when the service was asked to stop, and at once those on which
 * nothing has come yet. Closing a server ends connections that are idle after a request only; the others would be kept
 * open for a first request or a next one, and hold up the end for as long.
 */
export function closeConnectionsOnStop(fastify: StopHooks): void {
  let stopping = false;
  const open = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  fastify.addHook('preClose', async () => {
    stopping = true;
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
}

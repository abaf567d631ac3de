/** The part of a Fastify instance that is needed here. */
export interface StopHooks {
  addHook(name: 'preClose', hook: () => Promise<void>): unknown;
  addHook(
    name: 'onSend',
    hook: (request: unknown, reply: { header(name: string, value: string): unknown }) => Promise<void>,
  ): unknown;
}

/**
 * Ends each connection with the answer that was under way when the service was asked to stop. Closing a server ends
 * idle connections only; the others would be kept alive for a next request, and hold up the end for as long.
 */
export function closeConnectionsOnStop(fastify: StopHooks): void {
  let stopping = false;
  fastify.addHook('preClose', async () => {
    stopping = true;
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
}

/** The part of a Fastify instance that is needed here. */
export interface AnswerHooks {
  addHook(
    name: 'onSend',
    hook: (request: { readonly url: string }, reply: { header(name: string, value: string): unknown }) => Promise<void>,
  ): unknown;
}

/**
 * Adds the header `orderflow-instance` to the answers of the health pages, so that a supervisor knows that it is the
 * process it started which answers, and not another one on the same port.
 *
 * @param instance what the supervisor gave the process as `ORDERFLOW_INSTANCE`; nothing is added when absent
 */
export function nameInstance(fastify: AnswerHooks, instance: string | undefined): void {
  if (!instance) return;
  fastify.addHook('onSend', async ({ url }, reply) => {
    if (url.startsWith('/health')) reply.header('orderflow-instance', instance);
  });
}

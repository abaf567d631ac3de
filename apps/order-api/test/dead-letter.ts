import type { Outgoing, Settlement, Transport } from '@orderflow/messaging';

/** A message of a test and why it is given up. */
export interface Given {
  readonly id: string;
  readonly type?: string;
  readonly version?: number;
  readonly reason?: string;
  readonly detail?: string;
  readonly orderingKey?: string;
  readonly body?: unknown;
}

/** Sends messages to a queue and has each dead-lettered, in their order. */
export async function deadLetter(transport: Transport, queue: string, given: readonly Given[]): Promise<void> {
  const wanted = new Map(given.map((letter) => [letter.id, letter]));
  const left = new Set(wanted.keys());
  const done = Promise.withResolvers<void>();
  await transport.send(given.map((letter) => outgoing(queue, letter)));
  const settle = (id: string): Settlement => {
    const letter = wanted.get(id);
    if (!letter) return { kind: 'release' };
    left.delete(id);
    if (left.size === 0) done.resolve();
    const { reason = 'Refused', detail = 'The test wanted it so.' } = letter;
    return { kind: 'dead-letter', reason, detail };
  };
  const subscription = await transport.subscribe(queue, async ({ envelope }) => settle(envelope.id), {
    concurrency: 1,
    onError: (error) => done.reject(error),
  });
  await done.promise;
  await subscription.stop();
}

/** A message of a test on its way to a queue. */
export function outgoing(
  queue: string,
  { id, type = 'order.place', version = 1, orderingKey, body = {} }: Given,
): Outgoing {
  return {
    to: { queue },
    envelope: {
      id,
      type,
      version,
      source: '/test',
      time: '2026-01-01T00:00:00.000Z',
      contentType: 'application/json',
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
      body: Buffer.from(JSON.stringify(body)),
      ...(orderingKey !== undefined && { orderingKey }),
    },
  };
}

import type { Outgoing } from '@orderflow/messaging';

const BODY_BYTES = 1_024;

/** Messages of 1 KB to one queue, each with an ordering key of its own, numbered from `from`. */
export function messages(queue: string, count: number, from = 0): readonly Outgoing[] {
  return Array.from({ length: count }, (_, n) => ({
    to: { queue },
    envelope: {
      id: `message-${from + n}`,
      type: 'order.place',
      version: 1,
      source: '/bench',
      time: '2026-01-01T00:00:00.000Z',
      orderingKey: `order-${from + n}`,
      contentType: 'application/json',
      headers: {},
      body: Buffer.alloc(BODY_BYTES, 'x'),
    },
  }));
}

/** Cuts a list into lists of that length; the last one may be shorter. */
export function inBatches<T>(all: readonly T[], length: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / length) }, (_, n) => all.slice(n * length, (n + 1) * length));
}

import type { Given } from './dead-letter.js';

/** An event that queue `order-status` is able to handle, dead-lettered because something was away. */
export function transientlyFailed(id: string): Given {
  const order = {
    orderId: id,
    customerId: 'ada',
    currency: 'EUR',
    lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
    total: 450,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  return {
    id,
    type: 'order.accepted',
    orderingKey: id,
    reason: 'AttemptsExhausted',
    detail: 'The database was away.',
    body: { order, decidedAt: '2026-01-01T00:00:01.000Z', cause: { messageId: `place-${id}`, attempt: 1 } },
  };
}

/** An event that can never be handled. */
export function poisoned(id: string): Given {
  const detail = 'order must be an object';
  return { id, type: 'order.accepted', orderingKey: id, reason: 'InvalidPayload', detail, body: { order: 7 } };
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderAccepted, paymentCaptured } from '@orderflow/contracts';
import type { Envelope } from '@orderflow/messaging';
import { eventually } from '../../test/eventually.js';
import { OrdersInProgress, someCause, tea, write } from '../../test/orders-in-progress.js';

let orders: OrdersInProgress;

beforeAll(async () => {
  orders = await OrdersInProgress.start();
});

afterAll(() => orders.close());

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}

describe('queue order-status', () => {
  it('advances the order and its timeline', async () => {
    const { id, message } = await orders.place();
    const cause = { messageId: message.id, attempt: 1 };
    const order = await orders.orderOf(id);
    const captured = {
      orderId: id,
      amount: 900,
      currency: 'EUR',
      invoiceId: 'invoice-1',
      orderCreatedAt: order.createdAt,
      capturedAt: later(order.createdAt, 2_000),
      cause: { messageId: 'accepted', attempt: 2 },
    };
    await orders.publish(paymentCaptured, captured);
    await orders.publish(orderAccepted, { order, decidedAt: later(order.createdAt, 1_000), cause });
    await eventually(async () =>
      expect(await orders.get(`/orders/${id}/timeline`)).toMatchObject({
        messages: [
          { type: 'order.place', id: message.id },
          { type: 'order.accepted', cause },
          { type: 'payment.captured', cause: captured.cause },
        ],
      }),
    );
    expect(await orders.get(`/orders/${id}`)).toMatchObject({ status: 'paid', invoiceId: 'invoice-1' });
  });

  it('handles an event once, however often it is delivered', async () => {
    const { id } = await orders.place();
    const order = await orders.orderOf(id);
    const envelope = write(orderAccepted, { order, decidedAt: new Date().toISOString(), cause: someCause });
    for (let n = 0; n < 3; n += 1) {
      await orders.worker.send([{ to: { queue: 'order-status' }, envelope }]);
    }
    await eventually(async () => expect(await orders.get(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
    const { messages } = (await orders.get(`/orders/${id}/timeline`)) as { messages: unknown[] };
    expect(messages).toHaveLength(2);
  });
});

describe('queue order-status, of what nobody can store', () => {
  const order = {
    orderId: 'o-unstorable',
    ...tea,
    total: 900,
    createdAt: '2026-01-31T12:00:00.000Z',
  };
  const event = { order, decidedAt: '2026-01-31T12:00:01.000Z', cause: someCause };
  const envelope = (id: string, payload: unknown, attributes: Partial<Envelope> = {}): Envelope => ({
    ...write(orderAccepted, event),
    id,
    body: Buffer.from(JSON.stringify(payload)),
    ...attributes,
  });

  it('dead-letters it at its first delivery, and goes on', async () => {
    const unstorable = [
      envelope('customer', { ...event, order: { ...order, customerId: 'c\0' } }),
      envelope('sku', { ...event, order: { ...order, lines: [{ ...tea.lines[0], sku: '\ud800' }] } }),
      envelope('cause', { ...event, cause: { messageId: 'm\0', attempt: 1 } }),
      envelope('attempt', { ...event, cause: { messageId: 'm', attempt: 2 ** 31 } }),
      envelope('decided', { ...event, decidedAt: '0000-01-01T00:00:00Z' }),
      envelope('amount', { ...event, order: { ...order, total: 1e300 } }),
      envelope('correlation', event, { correlationId: 'c\0' }),
      envelope('header', event, { headers: { note: 'n\0' } }),
      envelope('header-name', event, { headers: { 'n\0': 'note' } }),
      envelope('key', event, { orderingKey: 'x'.repeat(3_000) }),
      envelope('time', event, { time: '0000-01-01T00:00:00Z' }),
      envelope('id\0', event),
    ];
    await orders.worker.send(unstorable.map((one) => ({ to: { queue: 'order-status' }, envelope: one })));
    const ids = unstorable.map(({ id }) => id).sort();
    await eventually(async () => {
      const { letters } = await orders.worker.deadLetters.peek('order-status', { limit: 250 });
      const found = letters.filter(({ id }) => ids.includes(id));
      expect(found.map(({ id }) => id).sort()).toEqual(ids);
      expect(found.map(({ id, reason, attempt }) => [id, reason, attempt])).toEqual(
        found.map(({ id }) => [id, 'InvalidPayload', 1]),
      );
    });
    expect((await fetch(`${orders.url}/orders/o-unstorable`)).status).toBe(404);
    await orders.worker.send([{ to: { queue: 'order-status' }, envelope: envelope('storable', event) }]);
    await eventually(async () =>
      expect(await orders.get('/orders/o-unstorable')).toMatchObject({ status: 'accepted' }),
    );
  });
});

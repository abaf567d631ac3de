import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Order } from '@orderflow/contracts';
import { handle, type StatementSteps } from '@orderflow/messaging';
import { createPostgresMessaging, type HandledEffect, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { outgoing } from '@orderflow/messaging/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { statusOf } from '../../test/status-of.js';
import { readOrder } from '../orders/order-store.js';
import { readTimeline } from '../timeline/timeline-store.js';
import {
  type EventFacts,
  factsOfAccepted,
  factsOfCancelled,
  factsOfCaptured,
  factsOfPaymentFailed,
  factsOfRejected,
} from './event-facts.js';
import { effectOf, type RecordedEvent } from './fact-store.js';

let database: OrderDatabase;
let pool: pg.Pool;
let inbox: PostgresMessaging['inbox'];
let records = 0;

beforeAll(async () => {
  database = await openOrderDatabase();
  pool = database.pool;
  inbox = createPostgresMessaging({ pool }).inbox;
});

afterAll(() => database.close());

let count = 0;

function newOrder(): Order {
  count += 1;
  return {
    orderId: `order-${count}`,
    customerId: 'customer-1',
    currency: 'EUR',
    lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }],
    total: 900,
    createdAt: '2026-01-31T12:00:00.000Z',
    scheduledFor: '2026-02-01T12:00:00.000Z',
  };
}

const cause = { messageId: 'place-1', attempt: 2 };
const decidedAt = '2026-01-31T12:00:01.000Z';
const payment = {
  customerId: 'customer-1',
  amount: 900,
  currency: 'EUR',
  invoiceId: 'invoice-1',
  orderCreatedAt: '2026-01-31T12:00:00.000Z',
  cause: { messageId: 'accepted-1', attempt: 1 },
};

/** Every event there can be of one order, by its type. */
function eventsOf(order: Order): Readonly<Record<string, EventFacts>> {
  const { orderId } = order;
  return {
    'order.accepted': factsOfAccepted({ order, decidedAt, cause }),
    'order.rejected': factsOfRejected({ order, decidedAt, reason: { code: 'over-limit', text: 'too much' }, cause }),
    'order.cancelled': factsOfCancelled({ orderId, decidedAt, reason: 'changed my mind', cause }),
    'payment.captured': factsOfCaptured({ ...payment, orderId, capturedAt: '2026-01-31T12:00:02.000Z' }),
    'payment.failed': factsOfPaymentFailed({
      ...payment,
      orderId,
      failedAt: '2026-01-31T12:00:03.000Z',
      reason: 'declined',
    }),
  };
}

/** Records an event, as if it had not come before. */
async function recordOne(event: RecordedEvent): Promise<void> {
  records += 1;
  await inbox.onceManyWith(`record ${records}`, [event.id], effectOf([event]));
}

async function record(orderId: string, type: string, event: EventFacts): Promise<void> {
  await recordOne({ id: `${type}:${orderId}`, type, facts: event });
}

/** Records events that are there at the same time. */
async function recordTogether(events: readonly RecordedEvent[]): Promise<void> {
  const steps: StatementSteps<RecordedEvent, RecordedEvent, HandledEffect> = {
    inbox,
    consumer: 'together',
    prepare: async ({ payload }) => payload,
    effectOf: (all) => effectOf(all.map(({ prepared }) => prepared)),
  };
  const parse = (value: unknown): RecordedEvent => value as RecordedEvent;
  const { handler } = handle({ type: 'event', version: 1, kind: 'event', parse }, steps);
  const { signal } = new AbortController();
  await Promise.all(
    events.map((payload) => {
      const { id, type } = payload;
      const { envelope } = outgoing(id);
      const delivery = { envelope, queue: 'order-status', attempt: 1, unsettled: 0, signal };
      return handler({ id, type, version: 1, payload, envelope }, delivery);
    }),
  );
}

describe('the effect of events', () => {
  it('inserts an order that came straight to the queue', async () => {
    const order = newOrder();
    await record(order.orderId, 'order.accepted', factsOfAccepted({ order, decidedAt, cause }));
    expect(await readOrder(pool, order.orderId)).toEqual({
      id: order.orderId,
      status: 'accepted',
      customerId: 'customer-1',
      currency: 'EUR',
      total: 900,
      lines: order.lines,
      createdAt: order.createdAt,
      scheduledFor: order.scheduledFor,
      acceptedAt: decidedAt,
    });
  });

  it('knows an order by its payment before it knows the order', async () => {
    const order = newOrder();
    const { 'payment.captured': captured, 'order.accepted': accepted } = eventsOf(order);
    await record(order.orderId, 'payment.captured', captured!);
    expect(await readOrder(pool, order.orderId)).toMatchObject({ status: 'paid', total: null, createdAt: null });
    await record(order.orderId, 'order.accepted', accepted!);
    expect(await readOrder(pool, order.orderId)).toMatchObject({ status: 'paid', total: 900, invoiceId: 'invoice-1' });
  });

  it('knows an order by a cancel that carries it', async () => {
    const order = newOrder();
    const event = factsOfCancelled({ orderId: order.orderId, order, decidedAt, cause });
    await record(order.orderId, 'order.cancelled', event);
    expect(await readOrder(pool, order.orderId)).toMatchObject({ status: 'cancelled', total: 900, lines: order.lines });
  });

  it('keeps the reason that a client gave for its cancel', async () => {
    const { orderId } = newOrder();
    await pool.query(`insert into orders (id, cancel_requested_at, cancel_reason) values ($1, now(), 'mine')`, [
      orderId,
    ]);
    await record(orderId, 'order.cancelled', factsOfCancelled({ orderId, decidedAt, cause }));
    expect(await readOrder(pool, orderId)).toMatchObject({ status: 'cancelled', cancelReason: 'mine' });
  });

  it.each([
    ['acceptedAt', (order: Order, at: string) => factsOfAccepted({ order, decidedAt: at, cause })],
    [
      'rejectedAt',
      (order: Order, at: string) =>
        factsOfRejected({ order, decidedAt: at, reason: { code: 'over-limit', text: 'too much' }, cause }),
    ],
    ['cancelledAt', ({ orderId }: Order, at: string) => factsOfCancelled({ orderId, decidedAt: at, cause })],
    ['capturedAt', ({ orderId }: Order, at: string) => factsOfCaptured({ ...payment, orderId, capturedAt: at })],
    [
      'paymentFailedAt',
      ({ orderId }: Order, at: string) =>
        factsOfPaymentFailed({ ...payment, orderId, failedAt: at, reason: 'declined' }),
    ],
  ] as const)('takes the earlier of two times for %s, whichever comes first', async (fact, eventAt) => {
    const times = ['2026-01-31T12:00:01.000Z', '2026-01-31T12:00:02.000Z'];
    for (const sequence of [times, [...times].reverse()]) {
      const order = newOrder();
      for (const at of sequence) await recordOne({ id: at, type: fact, facts: eventAt(order, at) });
      expect(await readOrder(pool, order.orderId)).toMatchObject({ [fact]: times[0] });
    }
  });

  it('keeps the largest total exactly', async () => {
    const order = {
      ...newOrder(),
      lines: [{ sku: 'island', quantity: 1, unitPrice: 2 ** 53 - 1 }],
      total: 2 ** 53 - 1,
    };
    await record(order.orderId, 'order.accepted', factsOfAccepted({ order, decidedAt, cause }));
    expect((await readOrder(pool, order.orderId))?.total).toBe(9_007_199_254_740_991);
  });

  it('enters each event into the timeline once, with its cause', async () => {
    const order = newOrder();
    const { 'payment.captured': captured, 'order.accepted': accepted } = eventsOf(order);
    await record(order.orderId, 'payment.captured', captured!);
    await record(order.orderId, 'order.accepted', accepted!);
    await record(order.orderId, 'order.accepted', accepted!);
    expect(await readTimeline(pool, order.orderId)).toEqual([
      { type: 'order.accepted', id: `order.accepted:${order.orderId}`, time: decidedAt, cause },
      {
        type: 'payment.captured',
        id: `payment.captured:${order.orderId}`,
        time: '2026-01-31T12:00:02.000Z',
        cause: payment.cause,
      },
    ]);
  });

  it('shows first what a client caused, of messages of one millisecond', async () => {
    const order = newOrder();
    const { 'order.accepted': accepted } = eventsOf(order);
    await pool.query(
      `insert into order_messages (order_id, message_id, type, time) values ($1, 'zzz', 'order.place', $2)`,
      [order.orderId, decidedAt],
    );
    await record(order.orderId, 'order.accepted', accepted!);
    const types = (await readTimeline(pool, order.orderId)).map(({ type }) => type);
    expect(types).toEqual(['order.place', 'order.accepted']);
  });

  it('comes to the same order whatever sequence its events arrive in, with the status that statusOf gives', async () => {
    const types = Object.keys(eventsOf(newOrder()));
    // Any of them in any sequence, some more than once.
    const arrivals = fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (sequence) => {
        const one = newOrder();
        const other = newOrder();
        for (const type of sequence) await record(one.orderId, type, eventsOf(one)[type]!);
        for (const type of [...sequence].reverse()) await record(other.orderId, type, eventsOf(other)[type]!);
        const together = newOrder();
        const ofTogether = eventsOf(together);
        await recordTogether(
          sequence.map((type) => ({ id: `${type}:${together.orderId}`, type, facts: ofTogether[type]! })),
        );
        const seen = await readOrder(pool, one.orderId);
        expect(await readOrder(pool, together.orderId)).toEqual({ ...seen, id: together.orderId });
        expect(await readTimeline(pool, together.orderId)).toHaveLength(new Set(sequence).size);
        expect(await readOrder(pool, other.orderId)).toEqual({ ...seen, id: other.orderId });
        const facts = Object.assign({}, ...sequence.map((type) => eventsOf(one)[type]?.facts)) as EventFacts['facts'];
        expect(seen?.status).toBe(statusOf(facts));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the status column', () => {
  it('says what statusOf says of every combination of facts', async () => {
    const facts = ['accepted', 'rejected', 'cancel_requested', 'cancelled', 'captured', 'payment_failed'];
    const names = ['acceptedAt', 'rejectedAt', 'cancelRequestedAt', 'cancelledAt', 'capturedAt', 'paymentFailedAt'];
    await pool.query(
      `INSERT INTO orders (id, ${facts.map((fact) => `${fact}_at`).join(', ')})
       SELECT 'bits-' || bits, ${facts.map((_, i) => `CASE WHEN bits & ${1 << i} > 0 THEN now() END`).join(', ')}
       FROM generate_series(0, 63) bits`,
    );
    const { rows } = await pool.query<{ id: string; status: string }>(
      `SELECT id, status FROM orders WHERE id LIKE 'bits-%'`,
    );
    expect(rows).toHaveLength(64);
    for (const { id, status } of rows) {
      const bits = Number(id.slice('bits-'.length));
      const known = names.filter((_, i) => bits & (1 << i)).map((name) => [name, new Date(0)]);
      expect([id, status]).toEqual([id, statusOf(Object.fromEntries(known))]);
    }
  });
});

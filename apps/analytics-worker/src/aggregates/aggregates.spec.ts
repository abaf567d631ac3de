import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  orderAccepted,
  orderCancelled,
  orderRejected,
  paymentCaptured,
  paymentFailed,
  purchase,
  userSignup,
  type Activity,
  type PaymentCaptured,
} from '@orderflow/contracts';
import { type Contract, type Envelope, handle } from '@orderflow/messaging';
import { MessageContext } from '@orderflow/messaging/nest';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { endsByAbortWhileLocked, openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { Aggregates } from './aggregates.js';
import { SummaryReader } from './summary.js';

const migrations = new URL('../../migrations', import.meta.url);

let database: ServiceDatabase;
let aggregates: Aggregates;

/** Handles an event as the service does. */
const count = (contract: Contract, { message, delivery }: MessageContext, payload: object = {}): Promise<void> =>
  handle(contract, aggregates).handler({ ...message, payload }, delivery);

const events = {
  accepted: (event: MessageContext) => count(orderAccepted, event),
  rejected: (event: MessageContext) => count(orderRejected, event),
  cancelled: (event: MessageContext) => count(orderCancelled, event),
  failed: (event: MessageContext) => count(paymentFailed, event),
  captured: (payload: PaymentCaptured, event: MessageContext) => count(paymentCaptured, event, payload),
  signup: (payload: Activity, event: MessageContext) => count(userSignup, event, payload),
  purchased: (payload: Activity, event: MessageContext) => count(purchase, event, payload),
};

beforeEach(async () => {
  database = await openServiceDatabase('analytics-worker', migrations);
  aggregates = new Aggregates(createPostgresMessaging(database).inbox);
});

afterEach(async () => {
  await database.close();
});

function context(
  type: string,
  id: string,
  time = '2026-01-01T10:00:30.000Z',
  signal = new AbortController().signal,
): MessageContext {
  const envelope: Envelope = {
    id,
    type,
    version: 1,
    source: '/spec',
    time,
    contentType: '',
    headers: {},
    body: new Uint8Array(),
  };
  const delivery = { envelope, queue: 'analytics', attempt: 1, unsettled: 0, signal };
  return new MessageContext([{ id, type, version: 1, payload: {}, envelope }, delivery]);
}

const payment = (orderId: string, amount: number, currency: string, secondsLater: number) => ({
  orderId,
  customerId: 'c-1',
  amount,
  currency,
  invoiceId: 'i-1',
  orderCreatedAt: '2026-01-01T10:00:00.000Z',
  capturedAt: new Date(Date.UTC(2026, 0, 1, 10, 0, secondsLater)).toISOString(),
  cause: { messageId: 'm', attempt: 1 },
});

const summary = (from = '2026-01-01T00:00:00Z', to = '2026-01-02T00:00:00Z') =>
  new SummaryReader(database.pool).read({ from: new Date(from), to: new Date(to) });

describe('the aggregates', () => {
  it('count events by minute and type, revenue by currency, the funnel, and latencies', async () => {
    await events.accepted(context('order.accepted', 'a-1'));
    await events.accepted(context('order.accepted', 'a-2', '2026-01-01T10:01:00.000Z'));
    await events.rejected(context('order.rejected', 'r-1'));
    await events.captured(payment('o-1', 500, 'EUR', 1), context('payment.captured', 'p-1'));
    await events.captured(payment('o-2', 700, 'EUR', 2), context('payment.captured', 'p-2'));
    await events.captured(payment('o-3', 900, 'JPY', 40), context('payment.captured', 'p-3'));
    const read = await summary();
    expect(read).toMatchObject({
      events: { 'order.accepted': 2, 'order.rejected': 1, 'payment.captured': 3 },
      revenue: { EUR: 1_200, JPY: 900 },
      funnel: { decided: 3, accepted: 2, rejected: 1, cancelled: 0, paid: 3, paymentFailed: 0 },
    });
    expect(read.perMinute).toContainEqual({ minute: '2026-01-01T10:01:00.000Z', type: 'order.accepted', events: 1 });
    expect(read.latencyMs.p50).toBeGreaterThanOrEqual(2_000);
    expect(read.latencyMs.p50).toBeLessThan(2_000 * 1.06);
    expect(read.latencyMs.p99).toBeGreaterThanOrEqual(40_000);
  });

  it('give an event up when its delivery does, and count it at the next one', async () => {
    const accept = (signal: AbortSignal) => events.accepted(context('order.accepted', 'a-1', undefined, signal));
    expect(await endsByAbortWhileLocked(database.pool, 'inbox', accept)).toBe(true);
    expect((await summary()).events).toEqual({});
    await events.accepted(context('order.accepted', 'a-1'));
    expect((await summary()).events).toEqual({ 'order.accepted': 1 });
  });

  it('count every kind of event, each once, however often it is delivered', async () => {
    const deliver = () => [
      events.accepted(context('order.accepted', 'a-1')),
      events.rejected(context('order.rejected', 'r-1')),
      events.cancelled(context('order.cancelled', 'c-1')),
      events.captured(payment('o-1', 500, 'EUR', 1), context('payment.captured', 'p-1')),
      events.failed(context('payment.failed', 'f-1')),
      events.signup({ eventId: 's-1', occurredAt: '2026-01-01T10:00:00Z' }, context('user.signup', 's-1')),
      events.purchased({ eventId: 'b-1', occurredAt: '2026-01-01T10:00:00Z' }, context('purchase', 'b-1')),
    ];
    await Promise.all([...deliver(), ...deliver(), ...deliver()]);
    await Promise.all(deliver());
    expect(await summary()).toMatchObject({
      events: {
        'order.accepted': 1,
        'order.rejected': 1,
        'order.cancelled': 1,
        'payment.captured': 1,
        'payment.failed': 1,
        'user.signup': 1,
        purchase: 1,
      },
      revenue: { EUR: 500 },
      funnel: { decided: 3, accepted: 1, rejected: 1, cancelled: 1, paid: 1, paymentFailed: 1 },
    });
    const { rows } = await database.pool.query('SELECT sum(orders)::int AS orders FROM latencies');
    expect(rows).toEqual([{ orders: 1 }]);
  });

  it('count nothing of an event that could not be counted in full, and all of it the next time', async () => {
    const captured = () => events.captured(payment('o-1', 500, 'EUR', 1), context('payment.captured', 'p-1'));
    await database.pool.query('ALTER TABLE latencies RENAME TO latencies_away');
    await expect(captured()).rejects.toThrow('latencies');
    await database.pool.query('ALTER TABLE latencies_away RENAME TO latencies');
    expect(await summary()).toMatchObject({ events: {}, revenue: {} });
    await captured();
    expect(await summary()).toMatchObject({ events: { 'payment.captured': 1 }, revenue: { EUR: 500 } });
  });

  it('count everything that is handled at the same time', async () => {
    const all = Array.from({ length: 60 }, (_, index) => index);
    await Promise.all(
      all.map((index) =>
        events.captured(payment(`o-${index}`, 10, 'EUR', 1), context('payment.captured', `p-${index}`)),
      ),
    );
    expect(await summary()).toMatchObject({ events: { 'payment.captured': 60 }, revenue: { EUR: 600 } });
    const latencies = await database.pool.query('SELECT sum(orders)::int AS orders FROM latencies');
    expect(latencies.rows).toEqual([{ orders: 60 }]);
    const { rows } = await database.pool.query('SELECT DISTINCT shard FROM revenue ORDER BY shard');
    expect(rows.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('lock their rows in the order of their keys, table by table', async () => {
    const keys = { event_counts: 'type', revenue: 'currency', latencies: 'bucket' };
    await database.pool.query(`
      CREATE TABLE written (n bigint GENERATED ALWAYS AS IDENTITY, place text, minute timestamptz, key text, shard int);
      ${Object.entries(keys)
        .map(
          ([table, key]) => `
            CREATE FUNCTION note_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              INSERT INTO written (place, minute, key, shard)
              VALUES ('${table}', NEW.minute, lpad(NEW.${key}::text, 20), NEW.shard);
              RETURN NEW;
            END $$;
            CREATE TRIGGER note BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION note_${table}();`,
        )
        .join('')}`);
    // From the last minute to the first, all in one group.
    const all = Array.from({ length: 60 }, (_, index) => 60 - index);
    await Promise.all(
      all.map((minute) => {
        const event = context(
          'payment.captured',
          `p-${minute}`,
          new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString(),
        );
        return events.captured(payment(`o-${minute}`, 10, minute % 2 === 0 ? 'EUR' : 'JPY', minute), event);
      }),
    );
    const read = (order: string) =>
      database.pool.query(`SELECT place, minute, key, shard FROM written ORDER BY ${order}`);
    const tables = "array_position(ARRAY['event_counts', 'revenue', 'latencies'], place)";
    const { rows } = await read('n');
    expect(rows.length).toBe(180);
    expect(rows).toEqual((await read(`${tables}, minute, key, shard`)).rows);
  });

  it('sum revenue exactly, up to the largest exact number, and keep more than that', async () => {
    const half = 2 ** 52;
    const pay = (id: string, amount: number) =>
      events.captured(payment(id, amount, 'EUR', 1), context('payment.captured', id));
    await pay('o-1', half - 2);
    await pay('o-2', half);
    await pay('o-3', 1);
    expect((await summary()).revenue).toEqual({ EUR: Number.MAX_SAFE_INTEGER });
    await pay('o-4', Number.MAX_SAFE_INTEGER);
    await pay('o-5', 1);
    const { rows } = await database.pool.query('SELECT sum(amount)::text AS amount FROM revenue');
    expect(rows).toEqual([{ amount: '18014398509481983' }]);
  });

  it('keep to the period that is asked for', async () => {
    await events.signup({ eventId: 'e-1', occurredAt: '2026-01-01T10:00:59.999Z' }, context('user.signup', 'e-1'));
    await events.purchased({ eventId: 'e-2', occurredAt: '2026-01-01T10:01:00.000Z' }, context('purchase', 'e-2'));
    expect((await summary('2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z')).events).toEqual({ 'user.signup': 1 });
    expect((await summary('2026-01-01T10:01:00Z', '2026-01-01T10:02:00Z')).events).toEqual({ purchase: 1 });
  });

  it('count revenue and latency in the minute of the payment', async () => {
    const before = context('payment.captured', 'p-1', '2026-01-01T10:00:59.999Z');
    const after = context('payment.captured', 'p-2', '2026-01-01T10:01:00.000Z');
    await events.captured(payment('o-1', 500, 'EUR', 1), before);
    await events.captured(payment('o-2', 700, 'EUR', 60), after);
    const first = await summary('2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z');
    const second = await summary('2026-01-01T10:01:00Z', '2026-01-01T10:02:00Z');
    expect([first.revenue, second.revenue]).toEqual([{ EUR: 500 }, { EUR: 700 }]);
    expect(first.latencyMs.p99).toBeLessThan(1_100);
    expect(second.latencyMs.p50).toBeGreaterThanOrEqual(60_000);
    expect(await summary('2026-01-01T10:02:00Z')).toMatchObject({ revenue: {}, latencyMs: { p99: null } });
  });

  it('know of nothing in an empty period', async () => {
    expect(await summary()).toMatchObject({ events: {}, revenue: {}, latencyMs: { p50: null }, perMinute: [] });
  });
});

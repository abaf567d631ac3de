import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@orderflow/messaging';
import { MessageContext } from '@orderflow/messaging/nest';
import { createPostgresInbox } from '@orderflow/messaging/postgres';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { Aggregates } from './aggregates.js';
import { Events } from './events.controller.js';
import { SummaryReader } from './summary.js';

const migrations = new URL('../../migrations', import.meta.url);

let database: ServiceDatabase;
let events: Events;

beforeEach(async () => {
  database = await openServiceDatabase('analytics-worker', migrations);
  events = new Events(new Aggregates(createPostgresInbox(database)));
});

afterEach(async () => {
  await database.close();
});

function context(type: string, id: string, time = '2026-01-01T10:00:30.000Z'): MessageContext {
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
  const delivery = { envelope, queue: 'analytics', attempt: 1, signal: new AbortController().signal };
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

  it('count an event once, however often it is delivered', async () => {
    await Promise.all([1, 2, 3].map(() => events.accepted(context('order.accepted', 'a-1'))));
    await events.accepted(context('order.accepted', 'a-1'));
    expect((await summary()).events).toEqual({ 'order.accepted': 1 });
  });

  it('count everything that is handled at the same time', async () => {
    const all = Array.from({ length: 60 }, (_, index) => index);
    await Promise.all(
      all.map((index) =>
        events.captured(payment(`o-${index}`, 10, 'EUR', 1), context('payment.captured', `p-${index}`)),
      ),
    );
    expect(await summary()).toMatchObject({ events: { 'payment.captured': 60 }, revenue: { EUR: 600 } });
  });

  it('keep to the period that is asked for', async () => {
    await events.signup({ eventId: 'e-1', occurredAt: '2026-01-01T10:00:59.999Z' }, context('user.signup', 'e-1'));
    await events.purchased({ eventId: 'e-2', occurredAt: '2026-01-01T10:01:00.000Z' }, context('purchase', 'e-2'));
    expect((await summary('2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z')).events).toEqual({ 'user.signup': 1 });
    expect((await summary('2026-01-01T10:01:00Z', '2026-01-01T10:02:00Z')).events).toEqual({ purchase: 1 });
  });

  it('know of nothing in an empty period', async () => {
    expect(await summary()).toMatchObject({ events: {}, revenue: {}, latencyMs: { p50: null }, perMinute: [] });
  });
});

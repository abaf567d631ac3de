import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allOrders, getJson, hasEnded, type OrderView, placeOrder, placeOrders } from './orders.js';
import { cancelAtTheMoment, cancelInTime, consequencesOf } from './scheduled-orders.js';
import { System } from './system.js';
import { until } from './until.js';

interface Summary {
  readonly events: Readonly<Record<string, number>>;
  readonly revenue: Readonly<Record<string, number>>;
  readonly funnel: Readonly<Record<string, number>>;
}

interface Timeline {
  readonly messages: readonly { type: string; id: string; cause?: { messageId: string } }[];
}

interface Totals {
  readonly captured: number;
  readonly chargedTwice: readonly string[];
}

interface Story {
  readonly status: string;
  readonly complete: boolean;
  readonly why: readonly string[];
  readonly lanes: readonly string[];
  readonly steps: readonly { readonly kind: string; readonly lane: string; readonly time: string | null }[];
}

interface Paused {
  readonly paused: { readonly since: string } | null;
}

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system.remove();
});

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0);
const ended = (orders: OrderView[]) => orders.filter(hasEnded).length;
const summary = () => getJson<Summary>(system.url('analytics-worker', '/analytics/summary'));
const order = (id: string) => getJson<OrderView>(system.url('order-api', `/orders/${id}`));

describe('the system', () => {
  it('brings every order to its end state, invoices the paid ones, and counts every event', async () => {
    system.run('produce', '--orders', '100', '--events', '60');
    await placeOrders(system, 100);
    const orders = await until(
      '200 orders have ended',
      () => allOrders(system),
      (all) => ended(all) === 200,
    );
    expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(['paid']));
    for (const { id, total } of orders) {
      const invoice = await getJson(system.url('billing-worker', `/invoices/${id}`));
      expect(invoice).toMatchObject({ orderId: id, status: 'captured', amount: total });
    }
    const all = { 'order.accepted': 200, 'payment.captured': 200, 'user.signup': 30, purchase: 30 };
    const counted = await until('every event is counted', summary, ({ events }) => sum(events) >= sum(all));
    expect(counted.events).toEqual(all);
    expect(counted.revenue).toEqual({ EUR: orders.reduce((sum, { total }) => sum + total, 0) });
    expect(await getJson<Totals>(system.url('payment-gateway', '/charges/totals'))).toMatchObject({
      captured: 200,
      chargedTwice: [],
    });
  });

  it("brings the seeds' own shapes to the same end states", async () => {
    const before = (await allOrders(system)).length;
    system.run('produce', '--legacy', '--orders', '10', '--events', '6');
    const orders = await until(
      '10 more orders have ended',
      () => allOrders(system),
      (all) => ended(all) === before + 10,
    );
    const legacy = (await Promise.all(orders.map(({ id }) => order(id)))).filter(
      (each) => (each as OrderView & { customerId: string }).customerId === 'legacy',
    );
    expect(legacy).toHaveLength(10);
    expect(legacy.every(({ status }) => status === 'paid')).toBe(true);
    expect(legacy.map(({ total }) => total).sort((a, b) => a - b)[0]).toBe(4_999);
  });

  it('ends an order that cannot be paid as payment_failed, and one against the rules as rejected', async () => {
    const declined = await placeOrder(system, 1_402);
    const tooLarge = await placeOrder(system, 99_999_999_999);
    await until(
      'the declined order has ended',
      () => order(declined),
      ({ status }) => status === 'payment_failed',
    );
    await until(
      'the large order has ended',
      () => order(tooLarge),
      ({ status }) => status === 'rejected',
    );
  });

  it('charges once although the gateway cut the connection after charging', async () => {
    const id = await placeOrder(system, 1_502);
    await until(
      'the order is paid',
      () => order(id),
      ({ status }) => status === 'paid',
    );
    const { charges } = await getJson<{ charges: unknown[] }>(
      system.url('payment-gateway', `/charges?reference=${id}`),
    );
    expect(charges).toHaveLength(1);
  });

  it('tells the whole story of an order', async () => {
    const id = await placeOrder(system);
    await until(
      'the order is paid',
      () => order(id),
      ({ status }) => status === 'paid',
    );
    const timeline = await until(
      'all of it is known',
      () => getJson<Timeline>(system.url('order-api', `/orders/${id}/timeline`)),
      // The payment alone makes it paid, should it be heard of first.
      ({ messages }) => messages.length >= 3,
    );
    expect(timeline.messages.map(({ type }) => type)).toEqual(['order.place', 'order.accepted', 'payment.captured']);
    const [placed, accepted, captured] = timeline.messages;
    expect(accepted?.cause?.messageId).toBe(placed?.id);
    expect(captured?.cause?.messageId).toBe(accepted?.id);
  });

  it('replays the answer of an order that is placed twice with one key', async () => {
    const place = () =>
      fetch(system.url('order-api', '/orders'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({
          customerId: 'e2e',
          currency: 'EUR',
          lines: [{ sku: 'tea', quantity: 1, unitPrice: 100 }],
        }),
      });
    const key = randomUUID();
    const [first, second] = await Promise.all([place(), place()]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(await second.text()).toBe(await first.text());
  });

  it('never tells order-worker of a scheduled order that was cancelled in time', async () => {
    expect(await cancelInTime(system, 'orders')).toEqual({ status: 'cancelled', waiting: ['kept'], heardOf: 0 });
  });

  it('decides once about a scheduled order that is cancelled when its time comes', async () => {
    const outcomes = await cancelAtTheMoment(system, 40);
    expect(outcomes).toEqual(outcomes.map(({ decision }) => consequencesOf(decision)));
  });

  it("serves the lab's two curl lines", async () => {
    const sent = await fetch(system.url('order-api', '/send'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Hello world!',
    });
    expect(sent.status).toBe(200);
    const received = await fetch(system.url('order-api', '/receive?idleTimeout=5'));
    expect(await received.text()).toBe('["Hello world!"]');
  });
});

describe('whoever operates it', () => {
  const story = (id: string) => JSON.parse(system.run('orders', 'trace', id, '--json')) as Story;

  it('is told the whole story of an order, with the time of every step', async () => {
    const id = await placeOrder(system);
    const { steps, lanes, why } = await until(
      'the story is whole',
      async () => story(id),
      ({ complete, status }) => complete && status === 'paid',
    );
    expect([lanes, why]).toEqual([['order-api', 'order-worker', 'billing-worker', 'analytics-worker'], []]);
    // On a slow machine an attempt may fail: when is not known, and it is no part of what has to happen.
    const needed = steps.filter(({ kind }) => kind !== 'failed');
    expect(needed.filter(({ time }) => time === null)).toEqual([]);
    expect(needed.map(({ kind, lane }) => `${lane} ${kind}`).sort()).toEqual([
      'analytics-worker handled',
      'analytics-worker handled',
      'billing-worker handled',
      'billing-worker sent',
      'order-api handled',
      'order-api handled',
      'order-api sent',
      'order-worker handled',
      'order-worker sent',
    ]);
  });

  it('pauses a queue, also for a worker that is killed meanwhile', async () => {
    const paused = () => getJson<Paused>(system.url('billing-worker', '/ops/pause'));
    system.run('pause', 'billing', '--note', 'look first');
    const { paused: before } = await paused();
    const id = await placeOrder(system);
    system.kill('billing-worker');
    const after = await until('billing-worker is back, and paused', paused, (report) => report.paused !== null);
    expect(Date.parse(after.paused?.since ?? '')).toBeGreaterThan(Date.parse(before?.since ?? ''));
    await until(
      'the order is accepted',
      () => order(id),
      ({ status }) => status === 'accepted',
    );
    expect(story(id).steps.some(({ kind, lane }) => kind === 'handled' && lane === 'billing-worker')).toBe(false);
    system.run('resume', 'billing');
    await until(
      'the order is paid',
      () => order(id),
      ({ status }) => status === 'paid',
    );
  });
});

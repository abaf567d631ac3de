import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import pg from 'pg';
import { allOrders, getJson, type OrderView } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';

/**
 * Compares what each service says of the orders of a system that was struck, once all have ended.
 * @param expected how many there are; nothing else has happened in this system
 * @throws AssertionError unless each is paid, charged once, invoiced with its amount and counted once
 */
export async function checkAccounts(system: System, expected: number): Promise<void> {
  const orders = await onceThere('order-api lists them', () => allOrders(system));
  strictEqual(orders.length, expected);
  strictEqual([...new Set(orders.map(({ status }) => status))].join(), 'paid');
  const totals = await onceThere('the gateway tells what it charged', () =>
    getJson<{ captured: number; chargedTwice: unknown[] }>(system.url('payment-gateway', '/charges/totals')),
  );
  deepStrictEqual([totals.captured, ...totals.chargedTwice], [expected]);
  await checkInvoices(system, orders);
  await checkAnalytics(system, orders);
}

/** Every invoice there is, read where they are kept. */
async function checkInvoices(system: System, orders: readonly OrderView[]): Promise<void> {
  const database = new pg.Client(system.databaseUrl('billing-worker'));
  await database.connect();
  try {
    const { rows } = await database.query<{ line: string }>(
      `SELECT order_id || ' ' || status || ' ' || amount || ' ' || currency AS line FROM invoices`,
    );
    const invoiced = rows.map(({ line }) => line).sort();
    deepStrictEqual(invoiced, orders.map(({ id, total, currency }) => `${id} captured ${total} ${currency}`).sort());
  } finally {
    await database.end();
  }
}

async function checkAnalytics(system: System, orders: readonly OrderView[]): Promise<void> {
  const { events, revenue } = await until(
    'every event is counted',
    () => getJson<Summary>(system.url('analytics-worker', '/analytics/summary')),
    (summary) => ['payment.captured', 'order.accepted'].every((type) => (summary.events[type] ?? 0) >= orders.length),
  );
  // What was parsed for a Jest test is of another realm, and never strictly equal.
  deepStrictEqual({ ...events }, { 'order.accepted': orders.length, 'payment.captured': orders.length });
  deepStrictEqual({ ...revenue }, { EUR: orders.reduce((sum, { total }) => sum + total, 0) });
}

interface Summary {
  readonly events: Readonly<Record<string, number>>;
  readonly revenue: Readonly<Record<string, number>>;
}

/** What is answered once whoever was struck is back. */
function onceThere<T>(what: string, ask: () => Promise<T>): Promise<T> {
  return until(what, ask, () => true);
}

import { strictEqual } from 'node:assert/strict';
import { allOrders, endedOrders, getJson, placeOrders } from '../orders.js';
import type { System } from '../system.js';
import { until } from '../until.js';
import { cutConnections, killServer } from './management.js';

const queues = ['orders', 'billing', 'analytics', 'order-status'];

/** What is done to a system while orders are under way, by name. */
export const faults: Readonly<Record<string, (system: System) => Promise<void>>> = {
  nothing: async () => {},
  'every connection is cut': cutConnections,
  'RabbitMQ is killed and starts again': killServer,
  'order-worker is killed': async (system) => system.kill('order-worker'),
  'billing-worker is killed': async (system) => system.kill('billing-worker'),
  'analytics-worker is killed': async (system) => system.kill('analytics-worker'),
  'order-api is killed': async (system) => system.kill('order-api'),
};

/** How many orders there are after a run, and how long it took. */
export interface Run {
  readonly orders: number;
  readonly tookMs: number;
}

/**
 * For each of `names` places `count` orders and strikes once a tenth of them has ended; then waits for the end of all. All
 * orders before have ended. What one fault does may still last when the next orders come.
 * @throws AssertionError unless each is paid, invoiced and counted once
 */
export async function runDisturbed(system: System, names: readonly string[], count: number): Promise<Run> {
  const before = await endedOrders(system);
  const startedAt = performance.now();
  const expected = before + names.length * count;
  for (const name of names) await strikeAmidOrders(system, name, count);
  await until(
    'every order has ended',
    () => endedOrders(system),
    (ended) => ended === expected,
  );
  const tookMs = performance.now() - startedAt;
  await check(system, expected);
  return { orders: expected, tookMs };
}

/** Resolves when all are placed. */
async function strikeAmidOrders(system: System, name: string, count: number): Promise<void> {
  const strike = faults[name];
  if (strike === undefined) throw new Error(`There is no fault "${name}".`);
  const before = await endedOrders(system);
  const placed = placeOrders(system, count);
  await until(
    'some orders have ended',
    () => endedOrders(system),
    (ended) => ended > before + count / 10,
  );
  await strike(system);
  strictEqual(new Set(await placed).size, count);
}

async function check(system: System, expected: number): Promise<void> {
  const orders = await onceThere('order-api lists them', () => allOrders(system));
  strictEqual(orders.length, expected);
  strictEqual([...new Set(orders.map(({ status }) => status))].join(), 'paid');
  const totals = await onceThere('the gateway tells what it charged', () =>
    getJson<{ captured: number; chargedTwice: unknown[] }>(system.url('payment-gateway', '/charges/totals')),
  );
  strictEqual(totals.captured, expected);
  strictEqual(totals.chargedTwice.length, 0);
  for (const { id, total } of orders.slice(0, 50)) {
    const invoice = await getJson<{ status: string; amount: number }>(system.url('billing-worker', `/invoices/${id}`));
    strictEqual(invoice.status, 'captured');
    strictEqual(invoice.amount, total);
  }
  await until(
    'every event is counted once',
    () => getJson<{ events: Record<string, number> }>(system.url('analytics-worker', '/analytics/summary')),
    ({ events }) => events['payment.captured'] === expected && events['order.accepted'] === expected,
  );
}

/** @throws AssertionError unless no queue has a dead letter */
export function checkDeadLetters(system: System): void {
  for (const queue of queues) strictEqual(system.run('dlq', 'list', queue, '--json'), '[]\n');
}

/** What is answered once whoever was struck is back. */
function onceThere<T>(what: string, ask: () => Promise<T>): Promise<T> {
  return until(what, ask, () => true);
}

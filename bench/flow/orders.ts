import { setTimeout as pause } from 'node:timers/promises';
import { callConcurrently } from '../kit/call-concurrently.js';
import { cpuBetween, cpuSnapshot } from '../kit/cpu.js';
import { OrderClient, QUANTITY, UNIT_PRICE } from '../kit/order-client.js';
import { until } from '../kit/until.js';
import type { Stack } from './stack.js';

/** How long orders may take to be paid, ms: what is not by then is lost, or the stack has stopped. */
const PAID_WITHIN_MS = 180_000;

/** How one run came out. */
export interface Run {
  readonly orders: number;
  /** From the first request until the last order is paid, s. */
  readonly seconds: number;
  /** On-CPU time of the whole stack, µs an order. */
  readonly microsAnOrder: number;
  /** The same by process. */
  readonly byProcess: ReadonlyMap<string, number>;
}

/** Places so many orders, `connections` at a time, and waits until all are paid. */
export async function saturate(stack: Stack, orders: number, connections: number): Promise<Run> {
  return measure(stack, orders, (place) => callConcurrently(orders, connections, place));
}

/** Places orders at a steady rate, whatever becomes of them, and waits until all are paid. */
export async function pace(stack: Stack, orders: number, perSecond: number): Promise<Run> {
  return measure(stack, orders, (place) => steadily(orders, perSecond, place));
}

async function measure(
  stack: Stack,
  orders: number,
  drive: (place: () => Promise<string>) => Promise<void>,
): Promise<Run> {
  const customerId = `bench-${crypto.randomUUID()}`;
  const before = await counts(stack);
  const client = new OrderClient(stack.url);
  const pids = [...stack.processes.values()];
  const cpu = await cpuSnapshot(pids);
  const begun = performance.now();
  await drive(() => client.post({ customerId }));
  await untilPaid(stack, customerId, orders);
  const seconds = (performance.now() - begun) / 1_000;
  // What is still to be counted by others costs as well.
  await untilCounted(stack, before, orders);
  const micros = cpuBetween(cpu, await cpuSnapshot(pids));
  const byProcess = new Map([...stack.processes.keys()].map((name, n) => [name, (micros[n] ?? 0) / orders] as const));
  client.close();
  const microsAnOrder = [...byProcess.values()].reduce((sum, each) => sum + each, 0);
  return { orders, seconds, microsAnOrder, byProcess };
}

/** From the request until the order is seen paid, ms, of each order; the stack is asked every 4 ms. */
export async function latencies(stack: Stack, orders: number, perSecond: number): Promise<readonly number[]> {
  const customerId = `bench-${crypto.randomUUID()}`;
  const before = await counts(stack);
  const client = new OrderClient(stack.url);
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  const giveUpAt = performance.now() + PAID_WITHIN_MS;
  const placing = steadily(orders, perSecond, async () => {
    const begun = performance.now();
    sentAt.set(await client.post({ customerId }), begun);
  });
  while (took.length < orders) {
    if (performance.now() > giveUpAt) throw new Error(`${stack.name}: ${took.length} of ${orders} orders were paid.`);
    const paid = await stack.ids('order-api', "SELECT id FROM orders WHERE id = ANY($1) AND status = 'paid'", [
      [...sentAt.keys()],
    ]);
    for (const id of paid) {
      took.push(performance.now() - (sentAt.get(id) ?? 0));
      sentAt.delete(id);
    }
    await pause(4);
  }
  await placing;
  await untilCounted(stack, before, orders);
  client.close();
  return took;
}

async function steadily(count: number, perSecond: number, place: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const placed: Promise<unknown>[] = [];
  for (let n = 0; n < count; n += 1) {
    const wait = begun + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await pause(wait);
    placed.push(place());
  }
  await Promise.all(placed);
}

async function untilPaid(stack: Stack, customer: string, orders: number): Promise<void> {
  const paid = "SELECT count(*) FROM orders WHERE customer_id = $1 AND status = 'paid'";
  await until(
    `${stack.name}: ${orders} paid orders`,
    async () => (await stack.one('order-api', paid, [customer])) === orders,
    PAID_WITHIN_MS,
  );
}

interface Counts {
  readonly decisions: number;
  readonly invoices: number;
  readonly revenue: number;
}

async function counts(stack: Stack): Promise<Counts> {
  return {
    decisions: await stack.one('order-worker', 'SELECT count(*) FROM decisions'),
    invoices: await stack.one('billing-worker', 'SELECT count(*) FROM invoices'),
    revenue: await stack.one('analytics-worker', 'SELECT coalesce(sum(amount), 0) FROM revenue'),
  };
}

/** One decision, one invoice and one payment in the revenue for each order: no more, no less. */
async function untilCounted(stack: Stack, before: Counts, orders: number): Promise<void> {
  const expected = JSON.stringify({
    decisions: before.decisions + orders,
    invoices: before.invoices + orders,
    revenue: before.revenue + orders * QUANTITY * UNIT_PRICE,
  });
  await until(
    `${stack.name}: ${expected}`,
    async () => JSON.stringify(await counts(stack)) === expected,
    PAID_WITHIN_MS,
  );
}

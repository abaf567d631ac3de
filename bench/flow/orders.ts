import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from './stack.js';

const UNIT_PRICE = 450;
/** How long a run may take, ms: what is not paid by then is lost, or the stack has stopped. */
const PAID_WITHIN_MS = 180_000;

const body = (customerId: string): string =>
  JSON.stringify({ customerId, currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: UNIT_PRICE }] });

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
  return measure(stack, orders, async (place) => {
    let left = orders;
    const client = async (): Promise<void> => {
      while (left-- > 0) await place();
    };
    await Promise.all(Array.from({ length: connections }, client));
  });
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
  const customer = `bench-${crypto.randomUUID()}`;
  const before = await counts(stack);
  const agent = new Agent({ keepAlive: true });
  const cpu = await stack.cpuMicros();
  const begun = performance.now();
  await drive(() => post(stack.url, agent, customer));
  await untilPaid(stack, customer, orders);
  const seconds = (performance.now() - begun) / 1_000;
  // What is still to be counted by others costs as well.
  await untilCounted(stack, before, orders);
  const byProcess = new Map(
    [...(await stack.cpuMicros())].map(([name, micros]) => [name, (micros - (cpu.get(name) ?? 0)) / orders] as const),
  );
  agent.destroy();
  const microsAnOrder = [...byProcess.values()].reduce((sum, each) => sum + each, 0);
  return { orders, seconds, microsAnOrder, byProcess };
}

/** From the answer to the request until the order is seen paid, ms, of each order; the stack is asked every 4 ms. */
export async function latencies(stack: Stack, orders: number, perSecond: number): Promise<readonly number[]> {
  const customer = `bench-${crypto.randomUUID()}`;
  const before = await counts(stack);
  const agent = new Agent({ keepAlive: true });
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  const giveUpAt = performance.now() + PAID_WITHIN_MS;
  const placing = steadily(orders, perSecond, async () => {
    const begun = performance.now();
    sentAt.set(await post(stack.url, agent, customer), begun);
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
  agent.destroy();
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

function post(url: string, agent: Agent, customerId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${url}/orders`, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if (answer.statusCode === 202) resolve((JSON.parse(text) as { id: string }).id);
        else reject(new Error(`POST /orders answered ${answer.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body(customerId));
  });
}

async function untilPaid(stack: Stack, customer: string, orders: number): Promise<void> {
  const paid = "SELECT count(*) FROM orders WHERE customer_id = $1 AND status = 'paid'";
  await until(`${stack.name}: ${orders} paid orders`, async () => {
    return (await stack.one('order-api', paid, [customer])) === orders;
  });
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
    revenue: before.revenue + orders * 2 * UNIT_PRICE,
  });
  await until(`${stack.name}: ${expected}`, async () => JSON.stringify(await counts(stack)) === expected);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PAID_WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come to this: ${what}.`);
    await pause(100);
  }
}

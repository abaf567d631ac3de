/**
 * `npx nx run e2e:outage`: the services with their default settings under load, while first the payment gateway fails
 * everything for five minutes, then the database is away for three, then the broker for four. Prints what their health
 * says throughout, and fails unless every order ends in its end state, once, with no dead letter.
 *
 * OUTAGE_SCALE=0.1 makes every outage a tenth as long; ORDERS_PER_SECOND is 5 when absent.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import pg from 'pg';
import { GatedSystem, services } from './gated-system.js';
import { HealthRecord } from './health-record.js';

const scale = Number(process.env['OUTAGE_SCALE'] ?? 1);
const perSecond = Number(process.env['ORDERS_PER_SECOND'] ?? 5);
const queues = ['orders', 'billing', 'analytics', 'order-status'];

const system = await GatedSystem.start();
const record = new HealthRecord(system);
const placed: Promise<void>[] = [];
let loading = true;
const load = placeOrders();

try {
  await run(
    'nothing is away',
    20,
    async () => undefined,
    async () => undefined,
  );
  const gateway = (method: string, headers = {}) =>
    fetch(system.url('payment-gateway', '/control'), { method, headers });
  const [g1, g2] = await run(
    'the payment gateway fails everything',
    300,
    () => gateway('POST', { 'fail-next': '10000000' }),
    () => gateway('DELETE'),
  );
  const [d1, d2] = await run(
    'the database is away',
    180,
    async () => system.database.shut(),
    async () => system.database.reopen(),
  );
  const [b1, b2] = await run(
    'the broker is away',
    240,
    async () => system.broker.shut(),
    async () => system.broker.reopen(),
  );
  loading = false;
  await load;
  await Promise.all(placed);
  const accepted = placed.length;
  console.log(`\n${accepted} orders were accepted; waiting for their end.`);
  await until('every order has ended', async () => (await statuses()).ended === accepted, 600_000);
  await checkEnd(accepted);
  checkHealth({ g1, g2, d1, d2, b1, b2 });
  await record.stop();
  console.log(
    `\n${accepted} orders: all paid, invoices and charges equal, no dead letter, no service ended; health was true throughout.`,
  );
} finally {
  loading = false;
  await record.stop();
  await system.stop();
}

/** Something is away for a time; then the rest of its messages is handled, at a rate that is printed. Answers when it was away. */
async function run(
  what: string,
  seconds: number,
  begin: () => Promise<unknown> | unknown,
  end: () => Promise<unknown> | unknown,
): Promise<readonly [number, number]> {
  console.log(`\n== ${what}, for ${seconds * scale} s`);
  const from = record.seconds;
  await begin();
  await pause(seconds * scale * 1_000);
  await end();
  const to = record.seconds;
  console.log(`== ${what}: over`);
  const rates: number[] = [];
  for (let before = (await statuses()).ended, rest = Infinity; rest > perSecond * 5 && rates.length < 90; ) {
    await pause(5_000);
    const now = await statuses();
    rates.push((now.ended - before) / 5);
    before = now.ended;
    rest = now.waiting;
  }
  console.log(`== orders ended a second, every 5 s since: ${rates.join(' ')}`);
  await pause(10_000);
  return [from, to];
}

async function placeOrders(): Promise<void> {
  while (loading) {
    const next = pause(1_000 / perSecond);
    placed.push(placeOrder());
    await next;
  }
}

/** Again until it is known to be accepted, as a client does that was given a key for it. */
async function placeOrder(): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const body = JSON.stringify({
    customerId: 'e2e',
    currency: 'EUR',
    lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
  });
  for (;;) {
    const answer = await fetch(system.url('order-api', '/orders'), { method: 'POST', headers, body }).catch(
      () => undefined,
    );
    await answer?.text();
    if (answer?.status === 202) return;
    await pause(1_000);
  }
}

async function query<Row extends object>(service: (typeof services)[number], text: string): Promise<Row[]> {
  const client = new pg.Client(system.databaseUrl(service));
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function statuses(): Promise<{ readonly ended: number; readonly waiting: number; readonly paid: number }> {
  const rows = await query<{ status: string; count: number }>(
    'order-api',
    'SELECT status, count(*)::int FROM orders GROUP BY status',
  );
  const sum = (wanted: (status: string) => boolean) =>
    rows.filter(({ status }) => wanted(status)).reduce((total, { count }) => total + count, 0);
  const hasEnded = (status: string) => ['paid', 'payment_failed', 'rejected', 'cancelled'].includes(status);
  return {
    ended: sum(hasEnded),
    waiting: sum((status) => !hasEnded(status)),
    paid: sum((status) => status === 'paid'),
  };
}

async function checkEnd(accepted: number): Promise<void> {
  strictEqual((await statuses()).paid, accepted, 'every order is paid');
  const [invoices] = await query<{ count: number }>(
    'billing-worker',
    "SELECT count(*)::int FROM invoices WHERE status = 'captured'",
  );
  strictEqual(invoices?.count, accepted, 'as many invoices as paid orders');
  const totals = (await (await fetch(system.url('payment-gateway', '/charges/totals'))).json()) as {
    captured: number;
    chargedTwice: string[];
  };
  deepStrictEqual([totals.captured, totals.chargedTwice], [accepted, []], 'every order is charged once');
  await until('every payment is counted', async () => {
    const summary = await fetch(system.url('analytics-worker', '/analytics/summary'));
    return ((await summary.json()) as { events: Record<string, number> }).events['payment.captured'] === accepted;
  });
  const client = new ServiceBusClient(system.connectionString);
  const letters = await Promise.all(
    queues.map((queue) => client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(10)),
  );
  await client.close();
  deepStrictEqual(
    letters.flat().map(({ deadLetterReason }) => deadLetterReason),
    [],
    'no dead letter',
  );
  deepStrictEqual(system.ended, [], 'no service ended');
}

/** Nobody asked to be started again, and each said what was away, and that it was back. */
function checkHealth(times: Readonly<Record<'g1' | 'g2' | 'd1' | 'd2' | 'b1' | 'b2', number>>): void {
  const lines = record.between(0, Infinity);
  deepStrictEqual(
    lines.filter(({ live }) => live !== 200),
    [],
    'liveness failed for nobody',
  );
  const said = (service: string, from: number, to: number, words: RegExp) =>
    record
      .between(from, to)
      .some((line) => line.service === service && line.troubles.some((trouble) => words.test(trouble)));
  ok(said('billing-worker', times.g1, times.g2, /gateway/i), 'billing-worker says that the gateway is away');
  for (const service of services) {
    ok(said(service, times.d1, times.d2, /database/i), `${service} says that its database is away`);
    ok(said(service, times.b1, times.b2, /broker/i), `${service} says that the broker is away`);
    const last = lines.findLast((line) => line.service === service);
    deepStrictEqual([last?.ready, last?.troubles], [200, []], `${service} is well at the end`);
  }
}

async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs / 1_000} s in vain until ${what}: ${JSON.stringify(await statuses())}`);
    }
    await pause(1_000);
  }
}

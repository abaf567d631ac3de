import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OtlpReceiver, ReceivedSpan } from '@orderflow/service-kit/testing';
import pg from 'pg';
import { getJson, type OrderView, placeOrder } from './orders.js';
import type { System } from './system.js';
import { until } from './until.js';

/** Service, span, what set it off, and what became of the message. */
type Step = readonly [service: string, span: string, cause: string | undefined, settlement: unknown];

/** What an order sets off, while its invoice cannot be written until an operator replays the message. */
export const story: readonly Step[] = [
  ['order-api', 'POST /orders', 'nobody', undefined],
  ['order-api', 'send orders', 'order-api: POST /orders', undefined],
  ['order-worker', 'process orders', 'order-api: POST /orders', 'complete'],
  ['order-worker', 'send events', 'order-worker: process orders', undefined],
  ['order-api', 'process order-status', 'order-worker: process orders', 'complete'],
  ['analytics-worker', 'process analytics', 'order-worker: process orders', 'complete'],
  ['billing-worker', 'process billing', 'order-worker: process orders', 'retry'],
  ['billing-worker', 'process billing', 'order-worker: process orders', 'dead-letter'],
  ['billing-worker', 'process billing', 'order-worker: process orders', 'complete'],
  ['billing-worker', 'send events', 'billing-worker: process billing', undefined],
  ['order-api', 'process order-status', 'billing-worker: process billing', 'complete'],
  ['analytics-worker', 'process analytics', 'billing-worker: process billing', 'complete'],
];

async function billing(system: System, ...statements: readonly string[]): Promise<void> {
  const database = new pg.Client(system.databaseUrl('billing-worker'));
  await database.connect();
  try {
    for (const statement of statements) await database.query(statement);
  } finally {
    await database.end();
  }
}

/** The spans of the order's trace: the test's own requests have traces of their own. */
function traceOf(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  const { traceId } = spans.find(({ name }) => name === 'POST /orders') ?? {};
  return spans.filter((span) => span.traceId === traceId);
}

function treeOf(spans: readonly ReceivedSpan[]): readonly Step[] {
  const nameOf = new Map(spans.map(({ service, name, spanId }) => [spanId, `${service}: ${name}`]));
  return spans.map(({ service, name, parentSpanId, attributes }) => [
    service,
    name,
    parentSpanId === undefined ? 'nobody' : nameOf.get(parentSpanId),
    attributes['orderflow.message.settlement'],
  ]);
}

async function linesOf(system: System, app: string, traceId: string): Promise<readonly Record<string, unknown>[]> {
  const log = await readFile(join(system.state, 'logs', `${app}.log`), 'utf8');
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['traceId'] === traceId);
}

/** An order as its collector and the logs tell of it. */
export interface Traced {
  readonly traceId: string;
  readonly tree: readonly Step[];
  /** The lines of order-api about requests. */
  readonly requests: readonly Record<string, unknown>[];
  /** What the lines of billing-worker say became of its deliveries. */
  readonly outcomes: readonly unknown[];
}

/**
 * Places an order whose invoice cannot be written, replays the dead letter of it once it can, and follows all that in a
 * system that exports to `collector`, tries once again, and has no other dead letter of billing.
 */
export async function traceOneOrder(system: System, collector: OtlpReceiver): Promise<Traced> {
  await billing(
    system,
    `CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of paper'; END $$`,
    'CREATE TRIGGER jam BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION jam()',
  );
  const id = await placeOrder(system);
  const isDead = (span: ReceivedSpan) => span.attributes['orderflow.message.settlement'] === 'dead-letter';
  await collector.when((spans) => spans.some(isDead));
  await billing(system, 'DROP TRIGGER jam ON invoices');
  system.run('dlq', 'replay', 'billing');
  await until(
    'the order is paid',
    () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
    ({ status }) => status === 'paid',
  );
  await collector.when((spans) => traceOf(spans).length >= story.length);

  const trace = traceOf(collector.spans);
  const traceId = trace[0]?.traceId ?? '';
  return {
    traceId,
    tree: treeOf(trace),
    requests: (await linesOf(system, 'order-api', traceId)).filter(({ req }) => req !== undefined),
    outcomes: (await linesOf(system, 'billing-worker', traceId)).map(({ outcome }) => outcome),
  };
}

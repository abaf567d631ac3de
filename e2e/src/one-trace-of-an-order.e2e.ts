import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OtlpReceiver, type ReceivedSpan } from '@orderflow/service-kit/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { getJson, type OrderView, placeOrder } from './orders.js';
import { System } from './system.js';
import { until } from './until.js';

/** What an order sets off, while its invoice cannot be written until an operator replays the message. */
const story = [
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

let collector: OtlpReceiver;
let system: System;

beforeAll(async () => {
  collector = await OtlpReceiver.start();
  system = await System.start({ ...collector.environment, RETRY_DELAYS: '1s' });
});

afterAll(async () => {
  await system?.remove();
  await collector.close();
});

async function billing(...statements: readonly string[]): Promise<void> {
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

function treeOf(spans: readonly ReceivedSpan[]) {
  const nameOf = new Map(spans.map(({ service, name, spanId }) => [spanId, `${service}: ${name}`]));
  return spans.map(({ service, name, parentSpanId, attributes }) => [
    service,
    name,
    parentSpanId === undefined ? 'nobody' : nameOf.get(parentSpanId),
    attributes['orderflow.message.settlement'],
  ]);
}

const linesOf = async (app: string, traceId: string): Promise<readonly Record<string, unknown>[]> =>
  (await readFile(join(system.state, 'logs', `${app}.log`), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['traceId'] === traceId);

it('is one tree from POST /orders to the last event, across outbox, retry, dead letter and replay', async () => {
  await billing(
    `CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of paper'; END $$`,
    'CREATE TRIGGER jam BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION jam()',
  );
  const id = await placeOrder(system);
  const isDead = (span: ReceivedSpan) => span.attributes['orderflow.message.settlement'] === 'dead-letter';
  await collector.when((spans) => spans.some(isDead));
  await billing('DROP TRIGGER jam ON invoices');
  expect(system.run('dlq', 'replay', 'billing')).toContain('Replayed 1 to billing');
  await until(
    'the order is paid',
    () => getJson<OrderView>(system.url('order-api', `/orders/${id}`)),
    ({ status }) => status === 'paid',
  );
  await collector.when((spans) => traceOf(spans).length >= story.length);

  const trace = traceOf(collector.spans);
  expect([...treeOf(trace)].sort()).toEqual([...story].sort());

  const [{ traceId }] = trace as [ReceivedSpan];
  const requests = (await linesOf('order-api', traceId)).filter(({ req }) => req !== undefined);
  expect(requests).toEqual([expect.objectContaining({ res: { statusCode: 202 }, traceId })]);
  const outcomes = (await linesOf('billing-worker', traceId)).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['retry', 'dead-letter', 'complete']);
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { orderAccepted, orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter } from '@orderflow/messaging';
import { lastingPort } from '@orderflow/messaging/testing';
import { readMigrations } from '@orderflow/service-kit';
import type { Broker } from '@orderflow/servicebus-emulator';
import { eventually } from '../test/eventually.js';
import { startOrderApi, type TestOrderApi } from '../test/order-api.js';
import { startOrderBroker, transportTo } from '../test/order-broker.js';
import { migrationsFolder, openOrderDatabase, type OrderDatabase } from '../test/order-database.js';
import { receiveCommands } from '../test/received-commands.js';
import { migrations } from './compose-order-api.js';

let database: OrderDatabase;
let broker: Broker;
let api: TestOrderApi;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await openOrderDatabase();
  // Some tests have it come back.
  broker = await startOrderBroker({ port: await lastingPort() });
  api = await start();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await api.stop();
  await broker.close();
  await database.close();
});

const start = (env: Readonly<Record<string, string>> = {}) =>
  startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString, env });

async function receive() {
  const worker = transportTo(broker);
  closing.push(() => worker.close());
  return { worker, commands: await receiveCommands(worker) };
}

async function read(path: string): Promise<unknown> {
  return (await fetch(`${api.url}${path}`)).json();
}

async function place(): Promise<string> {
  const answer = await fetch(`${api.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      customerId: 'customer-1',
      currency: 'EUR',
      lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }],
    }),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

/** By the running process. */
async function handledEvents(): Promise<number> {
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  return Number(/^orderflow_deliveries_total\{[^}]*outcome="complete"[^}]*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

type Faked = NonNullable<
  Extract<Parameters<typeof jest.useFakeTimers>[0], { doNotFake?: unknown }>['doNotFake']
>[number];

/** What stays real when only these are faked. */
function allBut(...faked: readonly Faked[]): Faked[] {
  const all: readonly Faked[] = [
    'Date',
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ];
  return all.filter((name) => !faked.includes(name));
}

describe('order-api', () => {
  it('accepts orders while the broker is down, and sends them when it is back', async () => {
    const { port } = broker;
    await broker.close();
    const ids = await Promise.all([place(), place(), place()]);
    await eventually(async () => expect(await read('/health/ready')).toMatchObject({ status: 'degraded' }));
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    broker = await startOrderBroker({ port });
    const { commands } = await receive();
    for (const id of ids) expect((await commands.next(id)).type).toBe('order.place');
  });

  it('works with the connections it is allowed, and opens one more to listen', async () => {
    await api.stop();
    api = await start({ DATABASE_POOL_SIZE: '2' });
    const { commands } = await receive();
    const ids = await Promise.all(Array.from({ length: 40 }, place));
    const { rows } = await database.pool.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'order-api'`,
    );
    expect(rows).toEqual([{ open: 3 }]);
    for (const id of ids) expect((await commands.next(id)).type).toBe('order.place');
  });

  it('leaves what it accepted and did not send to the process after it', async () => {
    const { port } = broker;
    await broker.close();
    const id = await place();
    await api.stop();
    broker = await startOrderBroker({ port });
    api = await start();
    const { commands } = await receive();
    expect((await commands.next(id)).type).toBe('order.place');
  });

  it('sends on after its connection was cut', async () => {
    const { commands } = await receive();
    expect((await commands.next(await place())).type).toBe('order.place');
    broker.dropConnections();
    const ids = await Promise.all([place(), place(), place()]);
    for (const id of ids) expect((await commands.next(id)).type).toBe('order.place');
  });

  it('handles an event once, however often and over however many connections it comes', async () => {
    const { worker, commands } = await receive();
    const id = await place();
    const { payload, id: messageId } = await commands.next(id);
    const order = orderPlace.parse(payload);
    const decidedAt = new Date(Date.parse(order.createdAt) + 1_000).toISOString();
    const event = { order, decidedAt, cause: { messageId, attempt: 1 } };
    const envelope = createEnvelopeWriter('/test')(orderAccepted, event, { orderingKey: id });
    await worker.send([{ to: { topic: 'events' }, envelope }]);
    await eventually(async () => expect(await read(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
    await api.stop();
    await database.pool.query('UPDATE orders SET accepted_at = NULL WHERE id = $1', [id]);
    api = await start();
    // Past the broker's own duplicate detection, to a process that knows of the first delivery by its database only.
    broker.clock.advance(3_700_000);
    await worker.send([{ to: { queue: 'order-status' }, envelope }]);
    await eventually(async () => expect(await handledEvents()).toBe(1));
    expect(await read(`/orders/${id}`)).toMatchObject({ status: 'pending' });
    expect(await read(`/orders/${id}/timeline`)).toMatchObject({ messages: [{}, { id: envelope.id }] });
  });

  it('removes inbox rows and idempotency keys that are past their retention', async () => {
    await api.stop();
    await database.pool.query(
      `INSERT INTO inbox (consumer, message_id, handled_at)
       VALUES ('order-api', 'old', now() - INTERVAL '31 days'), ('order-api', 'new', now() - INTERVAL '29 days')`,
    );
    await database.pool.query(
      `INSERT INTO idempotency_keys (client, route, key, fingerprint, status, headers, body, created_at)
       SELECT 'anonymous', 'POST /orders', key, 'f', 202, '{}', '{}', now() - hours * INTERVAL '1 hour'
       FROM (VALUES ('old', 25), ('new', 23)) AS keys (key, hours)`,
    );
    jest.useFakeTimers({ doNotFake: allBut('setInterval', 'clearInterval') });
    try {
      api = await start();
      jest.advanceTimersByTime(3_600_000);
      await eventually(async () => {
        const { rows } = await database.pool.query(
          'SELECT message_id AS id FROM inbox UNION ALL SELECT key FROM idempotency_keys',
        );
        expect(rows).toEqual([{ id: 'new' }, { id: 'new' }]);
      });
      await api.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('serves the messaging lab', async () => {
    const send = (body: string) => fetch(`${api.url}/send`, { method: 'POST', body });
    for (const text of ['Hello world!', '{"a": 1}', '42']) expect(await (await send(text)).text()).toBe('true');
    expect(await read('/peek')).toEqual(['Hello world!', '{"a": 1}', '42']);
    expect(await read('/receive?idleTimeout=60&max=1')).toEqual(['Hello world!']);
    expect(await read('/receive?idleTimeout=60&max=2')).toEqual(['{"a": 1}', '42']);
    expect(await read('/receive?idleTimeout=0.2')).toEqual([]);
    expect(await read('/peek')).toEqual([]);
  });

  it('says when the lab cannot be reached', async () => {
    await broker.close();
    const answer = await fetch(`${api.url}/send`, { method: 'POST', body: 'Hello world!' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: 'urn:orderflow:problem:broker-unavailable' });
  });
});

it('knows its migrations', async () => {
  const files = await readMigrations(migrationsFolder);
  expect(files.map(({ name }) => name)).toEqual(migrations);
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { orderAccepted, orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter } from '@orderflow/messaging';
import { type LeavingDatabase, openSilentDatabase, openStoppingDatabase } from '@orderflow/service-kit/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { eventually } from '../test/eventually.js';
import { startOrderApi, type TestOrderApi } from '../test/order-api.js';
import { startOrderBroker, transportTo } from '../test/order-broker.js';
import { openOrderDatabase } from '../test/order-database.js';
import { receiveCommands } from '../test/received-commands.js';

const migrations = new URL('../migrations/', import.meta.url);
const mayWait = 20;
/** Two of four connections are for requests, one of them for inserts alone; one is for effects of messages alone. */
const env = { DATABASE_POOL_SIZE: '4', DATABASE_MAX_WAITING: String(mayWait), LOCK_TIMEOUT: '20s' };

let broker: Broker;
let api: TestOrderApi;

beforeAll(async () => {
  broker = await startOrderBroker();
});

afterEach(() => api.stop());
afterAll(() => broker.close());

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly type?: string; readonly detail?: string };
}

async function ask(path: string, init?: RequestInit): Promise<Answer> {
  const answer = await fetch(`${api.url}${path}`, init);
  const { status, headers } = answer;
  return { status, retryAfter: headers.get('retry-after'), body: (await answer.json()) as Answer['body'] };
}

const place = (key?: string) =>
  ask('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    body: '{"customerId":"customer-1","currency":"EUR","lines":[{"sku":"tea","quantity":2,"unitPrice":450}]}',
  });

/** Of every route that needs the database, at the same time. */
const askMany = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const asks = [
      () => place(),
      () => place(`key-${index}`),
      () => ask('/orders/o-1'),
      () => ask('/orders'),
      () => ask('/orders/o-1/timeline'),
      () => ask('/orders/o-1/cancel', { method: 'POST' }),
    ];
    return (asks[index % asks.length] ?? place)();
  });

describe.each([
  // Connections fail at once then, and hardly anybody waits.
  ['is stopped', 0, () => openStoppingDatabase(migrations)],
  // Three try for 5 s, 20 wait for them; all others of the 300 are refused at once. Half, on a machine that is slow.
  ['accepts connections and never answers', 150, () => openSilentDatabase('order-api', migrations)],
])('while the database %s', (_, leastRefused: number, open: () => Promise<LeavingDatabase>) => {
  it('requests are answered 503, health answers, and all is well afterwards', async () => {
    const database = await open();
    try {
      api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString, env });
      expect((await place()).status).toBe(202);
      await database.leave();
      let refused = 0;
      const failed = Promise.withResolvers<number>();
      const asked = askMany(300).map(async (asking) => {
        const answer = await asking;
        if (answer.body.detail?.startsWith('Too many requests wait')) refused++;
        else failed.resolve(refused);
        return answer;
      });
      const probes = await Promise.all(
        ['live', 'ready', 'startup'].map(async (probe) => (await ask(`/health/${probe}`)).status),
      );
      expect(probes).toEqual([200, 503, 200]);
      expect(await failed.promise).toBeGreaterThanOrEqual(leastRefused);
      for (const answer of await Promise.all(asked)) {
        expect(answer).toMatchObject({ status: 503, retryAfter: '1' });
        expect(answer.body.type).toBe('urn:orderflow:problem:service-unavailable');
      }
      await database.comeBack();
      await eventually(async () => expect((await ask('/health/ready')).status).toBe(200));
      await eventually(async () => expect((await place()).status).toBe(202));
      expect((await ask('/orders')).status).toBe(200);
    } finally {
      await api.stop();
      await database.close();
    }
  });
});

it('handles messages while requests wait for the database', async () => {
  const database = await openOrderDatabase();
  const worker = transportTo(broker);
  try {
    api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString, env });
    const commands = await receiveCommands(worker);
    const { id } = (await place()).body as { id: string };
    const order = orderPlace.parse((await commands.next(id)).payload);
    const holder = await database.pool.connect();
    await holder.query('BEGIN; LOCK TABLE idempotency_keys IN EXCLUSIVE MODE');
    // With one key, so that they do not share a statement.
    const asked = Array.from({ length: 2 + mayWait }, () => place('held'));
    await eventually(async () => {
      const { rows } = await database.pool.query(`SELECT FROM pg_locks WHERE NOT granted`);
      expect(rows).toHaveLength(2);
    });
    const event = { order, decidedAt: order.createdAt, cause: { messageId: 'm-1', attempt: 1 } };
    const envelope = createEnvelopeWriter('/test')(orderAccepted, event, { orderingKey: id });
    await worker.send([{ to: { topic: 'events' }, envelope }]);
    await eventually(async () => {
      const { rows } = await database.pool.query('SELECT status FROM orders WHERE id = $1', [id]);
      expect(rows).toEqual([{ status: 'accepted' }]);
    }, 4_000);
    await holder.query('ROLLBACK');
    holder.release();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 202));
  } finally {
    await api.stop();
    await worker.close();
    await database.close();
  }
});

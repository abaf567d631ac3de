import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transport } from '@orderflow/messaging';
import type { Broker } from '@orderflow/servicebus-emulator';
import { eventually } from '../../test/eventually.js';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker, transportTo } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { receiveCommands, type ReceivedCommands } from '../../test/received-commands.js';

let database: OrderDatabase;
let broker: Broker;
let worker: Transport;
let commands: ReceivedCommands;
let replicas: readonly TestOrderApi[];
/** A replica that waits for another transaction for a moment only; the others wait for as long as a test may take. */
let shortWait: TestOrderApi;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  worker = transportTo(broker);
  commands = await receiveCommands(worker);
  const start = (lockTimeout: string) =>
    startOrderApi({
      databaseUrl: database.url,
      connectionString: broker.connectionString,
      env: { LOCK_TIMEOUT: lockTimeout },
    });
  [shortWait, ...replicas] = await Promise.all([start('200ms'), start('25s'), start('25s')]);
});

afterAll(async () => {
  await Promise.all([shortWait, ...replicas].map((replica) => replica.stop()));
  await worker.close();
  await broker.close();
  await database.close();
});

const tea = { customerId: 'customer-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };

interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

async function place(key: string, body: unknown = tea, headers: object = {}, replica = replicas[0]): Promise<Sent> {
  const answer = await fetch(`${replica?.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) as Record<string, unknown> };
}

async function count(table: string, condition = 'true', values: unknown[] = []): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `SELECT count(*)::integer AS n FROM ${table} WHERE ${condition}`,
    values,
  );
  return rows[0]?.n ?? -1;
}

const ordersOf = (customerId: string) => count('orders', 'customer_id = $1', [customerId]);

describe('Idempotency-Key', () => {
  it('answers the same request with the same bytes, and places one order', async () => {
    const order = { ...tea, customerId: 'repeats' };
    const first = await place('"key-1"', order);
    const second = await place('key-1', order, {}, replicas[1]);
    expect(first.status).toBe(202);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect([second.status, second.text]).toEqual([202, first.text]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await ordersOf('repeats')).toBe(1);
    await commands.next(String(first.body['id']));
    expect(commands.count(String(first.body['id']))).toBe(1);
  });

  it('takes the same order written differently for the same', async () => {
    const first = await place(
      'key-2',
      '{"customerId":"c","currency":"EUR","lines":[{"sku":"a","quantity":1,"unitPrice":1}]}',
    );
    const again = await place(
      'key-2',
      '{ "lines": [{"unitPrice":1,"quantity":1,"sku":"a"}], "currency":"EUR","customerId":"c"}',
    );
    expect(again.text).toBe(first.text);
  });

  it('refuses another order under the same key', async () => {
    await place('key-3');
    const other = await place('key-3', { ...tea, customerId: 'other' });
    expect(other.status).toBe(422);
    expect(other.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(other.body).toMatchObject({ type: 'urn:orderflow:problem:idempotency-key-reused' });
    expect(await ordersOf('other')).toBe(0);
  });

  it('keeps the keys of different clients apart', async () => {
    const order = { ...tea, customerId: 'shared' };
    const ids = await Promise.all(
      [{ 'x-client-id': 'a' }, { 'x-client-id': 'b' }, { authorization: 'Bearer a' }, {}].map(
        async (headers) => (await place('key-4', order, headers)).body['id'],
      ),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it.each([
    ['empty', '""'],
    ['open', '"open'],
    ['of two words', 'two words'],
    ['too long', 'k'.repeat(256)],
  ])('refuses a key that is %s', async (_, key) => {
    const answer = await place(key);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: 'urn:orderflow:problem:malformed-idempotency-key' });
  });

  it('is not used up by a request that is invalid', async () => {
    expect((await place('key-5', { ...tea, lines: [] })).status).toBe(400);
    expect((await place('key-5')).status).toBe(202);
  });

  it('places one order for fifty requests at once on two replicas', async () => {
    const order = { ...tea, customerId: 'stampede' };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => place('key-6', order, {}, replicas[n % 2])));
    const [first] = answers;
    for (const { status, text } of answers) expect([status, text]).toEqual([202, first?.text]);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await ordersOf('stampede')).toBe(1);
    await commands.next(String(first?.body['id']));
    await eventually(async () => expect(await count('outbox')).toBe(0));
    expect(commands.count(String(first?.body['id']))).toBe(1);
  });

  it('is new again after 24 hours, purged or not', async () => {
    const first = await place('key-7');
    await database.pool.query(
      `UPDATE idempotency_keys SET created_at = created_at - INTERVAL '24 hours' WHERE key = 'key-7'`,
    );
    const [one, two] = await Promise.all([place('key-7'), place('key-7', tea, {}, replicas[1])]);
    expect(one.text).not.toBe(first.text);
    expect(two.text).toBe(one.text);
  });
});

describe('a request whose key is held by another transaction', () => {
  async function holding(key: string, during: () => Promise<void>, end: 'commit' | 'rollback'): Promise<void> {
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(
        `INSERT INTO idempotency_keys (client, route, key, fingerprint, status, headers, body, created_at)
         VALUES ('anonymous', 'POST /orders', $1, 'f', 202, '{}', '{}', now())`,
        [key],
      );
      await during();
    } finally {
      await holder.query(end);
      holder.release();
    }
  }

  const waiters = () =>
    count(
      'pg_stat_activity',
      `wait_event_type = 'Lock' and query like '%idempotency_keys%' and datname = current_database()`,
    );

  it('waits, and is the first when the other one fails', async () => {
    let waiting: Promise<Sent> | undefined;
    await holding(
      'key-8',
      async () => {
        waiting = place('key-8');
        await eventually(async () => expect(await waiters()).toBe(1));
      },
      'rollback',
    );
    expect((await waiting)?.status).toBe(202);
  });

  it('waits, and compares when the other one succeeds', async () => {
    let waiting: Promise<Sent> | undefined;
    await holding(
      'key-9',
      async () => {
        waiting = place('key-9');
        await eventually(async () => expect(await waiters()).toBe(1));
      },
      'commit',
    );
    expect((await waiting)?.status).toBe(422);
  });

  it('is asked to come back when that takes too long, and has done nothing', async () => {
    const order = { ...tea, customerId: 'short-wait' };
    await holding(
      'key-10',
      async () => {
        const answer = await place('key-10', order, {}, shortWait);
        expect(answer.status).toBe(409);
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(answer.body).toMatchObject({ type: 'urn:orderflow:problem:request-in-progress' });
      },
      'rollback',
    );
    expect(await ordersOf('short-wait')).toBe(0);
    expect((await place('key-10', order)).status).toBe(202);
  });
});

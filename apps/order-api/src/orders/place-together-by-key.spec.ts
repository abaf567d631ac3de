import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { createPool, RequestDatabase } from '@orderflow/service-kit';
import { eventually } from '../../test/eventually.js';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { fingerprintOf } from '../idempotency/idempotency-key.js';
import type { Answer } from '../idempotency/idempotency-store.js';
import { OrderCommandOutbox } from './order-command-outbox.js';
import { PlaceOrder } from './place-order.js';

let database: OrderDatabase;
let broker: Awaited<ReturnType<typeof startOrderBroker>>;
let api: TestOrderApi;
let other: TestOrderApi;

/** What the trigger waits for when a slow order is written. */
const gate = 4_711;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  const options = { databaseUrl: database.url, connectionString: broker.connectionString };
  [api, other] = await Promise.all([
    startOrderApi({ ...options, env: { LOCK_TIMEOUT: '25s' } }),
    startOrderApi({ ...options, env: { LOCK_TIMEOUT: '25s' } }),
  ]);
  await database.pool.query(`
    CREATE TABLE written (customer_id text, statement_at timestamptz);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.customer_id = 'bad' THEN RAISE EXCEPTION 'this one is bad'; END IF;
      IF NEW.customer_id = 'slow' THEN PERFORM pg_advisory_xact_lock(${gate}); END IF;
      INSERT INTO written VALUES (NEW.customer_id, transaction_timestamp());
      RETURN NEW;
    END $$;
    CREATE TRIGGER note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note()`);
});

beforeEach(() => database.pool.query('TRUNCATE orders, idempotency_keys, written'));

afterAll(async () => {
  await Promise.all([api.stop(), other.stop()]);
  await broker.close();
  await database.close();
});

const lines = [{ sku: 'tea', quantity: 2, unitPrice: 450 }];

interface Sent {
  readonly status: number;
  readonly text: string;
  readonly isReplay: boolean;
}

/** @param key none where it is empty */
async function place(customerId: string, key: string, replica = api): Promise<Sent> {
  const answer = await fetch(`${replica.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== '' && { 'idempotency-key': key }) },
    body: JSON.stringify({ customerId, currency: 'EUR', lines }),
  });
  const isReplay = answer.headers.get('idempotency-replayed') === 'true';
  return { status: answer.status, text: await answer.text(), isReplay };
}

const one = async (text: string): Promise<unknown> => Object.values((await database.pool.query(text)).rows[0])[0];

const waitingFor = (condition: string) => `FROM pg_stat_activity WHERE datname = current_database()
  AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO orders%' AND ${condition}`;

/** Runs `during` while a statement waits to write orders: what is asked meanwhile is there at the same time. */
async function whileBlocked<Result>(lock: string, asks: () => Result, during = async (): Promise<void> => {}) {
  const holder = await database.pool.connect();
  try {
    await holder.query(`BEGIN; ${lock}`);
    const asked = asks();
    await eventually(async () => expect(await one(`SELECT count(*)::int ${waitingFor('true')}`)).toBeGreaterThan(0));
    await during();
    return asked;
  } finally {
    await holder.query('COMMIT');
    holder.release();
  }
}

const lockOrders = 'LOCK TABLE orders IN ACCESS EXCLUSIVE MODE';
const closeGate = `SELECT pg_advisory_xact_lock(${gate})`;

it('writes orders with keys and without that are placed at the same time together, and repeats the answers', async () => {
  const customers = Array.from({ length: 40 }, (_, n) => `c-${n}`);
  const keyOf = (n: number) => (n % 4 === 0 ? '' : `key-${n}`);
  const answers = await Promise.all(
    await whileBlocked(lockOrders, () => customers.map((customer, n) => place(customer, keyOf(n)))),
  );
  expect(new Set(answers.map(({ status, isReplay }) => `${status} ${isReplay}`))).toEqual(new Set(['202 false']));
  const { rows } = await database.pool.query('SELECT id, customer_id FROM orders');
  const stored = new Map(rows.map(({ id, customer_id }) => [customer_id, id]));
  const ids = answers.map(({ text }) => (JSON.parse(text) as { id: string }).id);
  expect(customers.map((customer) => stored.get(customer))).toEqual(ids);
  expect(await one('SELECT count(DISTINCT placed_by)::int FROM orders')).toBe(40);
  expect(await one('SELECT count(*)::int FROM idempotency_keys')).toBe(30);
  expect(await one('SELECT count(DISTINCT statement_at)::int FROM written')).toBeLessThan(20);
  for (const n of [1, 2, 39]) {
    expect(await place(customers[n] ?? '', keyOf(n), other)).toEqual({ ...answers[n], isReplay: true });
  }
  expect(await one('SELECT count(*)::int FROM orders')).toBe(40);
});

it('lets an order that cannot be written fail alone, and leaves its key unused', async () => {
  const customers = ['a', 'b', 'bad', 'c', 'd'];
  const answers = await Promise.all(
    await whileBlocked(lockOrders, () => customers.map((customer) => place(customer, `key-of-${customer}`))),
  );
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 500, 202, 202]);
  expect(await one(`SELECT string_agg(customer_id, ' ' ORDER BY customer_id) FROM orders`)).toBe('a b c d');
  expect(await one('SELECT count(*)::int FROM idempotency_keys')).toBe(4);
  expect((await place('e', 'key-of-bad')).status).toBe(202);
});

it('places one order for a key that comes twice at the same time, and refuses it for another body', async () => {
  const asks = () => [place('a', 'key-1'), place('b', ''), place('a', 'key-1'), place('c', 'key-1')];
  const answers = await Promise.all(await whileBlocked(lockOrders, asks));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 422]);
  expect(answers[2]).toEqual({ ...answers[0], isReplay: true });
  expect(await one(`SELECT string_agg(customer_id, ' ' ORDER BY customer_id) FROM orders`)).toBe('a b');
});

/** Without HTTP: what is asked in one turn of the event loop is there at the same time. */
function startPlacing() {
  const pool = createPool({ url: database.url, applicationName: 'spec', onError: () => undefined });
  const messaging = createPostgresMessaging({ pool });
  const requests = new RequestDatabase({ pool, connections: 4, waiting: 10 });
  const orders = new PlaceOrder(new OrderCommandOutbox({ requests, messaging, queue: 'orders' }));
  const cause = { correlationId: 'spec', headers: {} };
  const once = (customerId: string, key: string) => {
    const order = { customerId, currency: 'EUR', lines };
    const asked = { client: 'anonymous', route: 'POST /orders', key, fingerprint: fingerprintOf(order) };
    return orders.once(order, cause, asked);
  };
  return { once, stop: () => pool.end() };
}

it('leaves the others when another replica is busy with its key, and is answered as that one was', async () => {
  const { once, stop } = startPlacing();
  try {
    let waiting: Promise<Answer> | undefined;
    const first = await whileBlocked(
      closeGate,
      () => [place('slow', 'key-1', other)],
      async () => {
        // In one turn of the event loop, and so in one statement.
        waiting = once('slow', 'key-1');
        const others = await Promise.all(['a', 'b', 'c'].map((customer) => once(customer, `key-of-${customer}`)));
        expect(others.map(({ headers }) => headers['idempotency-replayed'])).toEqual([undefined, undefined, undefined]);
        expect(await one('SELECT count(DISTINCT statement_at)::int FROM written')).toBe(1);
        await eventually(async () => expect(await one(`SELECT count(*)::int ${waitingFor('true')}`)).toBe(2));
        expect(await one('SELECT count(*)::int FROM orders')).toBe(3);
      },
    );
    const { text } = (await first[0]) as Sent;
    expect(await waiting).toMatchObject({ status: 202, body: text, headers: { 'idempotency-replayed': 'true' } });
    expect(await one('SELECT count(*)::int FROM orders')).toBe(4);
  } finally {
    await stop();
  }
});

it('writes those who ask again as soon as they are answered together again', async () => {
  const { once, stop } = startPlacing();
  // So that nobody is late, however long a turn takes here.
  jest.useFakeTimers({
    doNotFake: ['setImmediate', 'setInterval', 'nextTick', 'queueMicrotask', 'Date', 'performance'],
  });
  try {
    await Promise.all([once('a', 'key-1'), once('b', 'key-2')]);
    const first = once('c', 'key-3');
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, once('d', 'key-4')]);
  } finally {
    jest.useRealTimers();
    await stop();
  }
  expect(await one('SELECT count(*)::int FROM written')).toBe(4);
  expect(await one('SELECT count(DISTINCT statement_at)::int FROM written')).toBe(2);
});

it('has done nothing when its connection is killed, and everything once when it is asked again', async () => {
  const customers = Array.from({ length: 12 }, (_, n) => `c-${n}`);
  const ask = () => customers.map((customer, n) => place(customer, `key-${n}`));
  const killed = await Promise.all(
    await whileBlocked(lockOrders, ask, async () => {
      const kill = `SELECT pg_terminate_backend(pid) ${waitingFor('true')}`;
      await eventually(async () => {
        await database.pool.query(kill);
        expect(await one(`SELECT count(*)::int FROM pg_locks WHERE NOT granted`)).toBe(0);
      });
    }),
  );
  const places = async () => Promise.all(ask());
  const done = await one('SELECT count(*)::int FROM orders');
  expect(killed.filter(({ status }) => status === 202)).toHaveLength(Number(done));
  expect(new Set(killed.map(({ status }) => status))).toContain(503);
  const again = await places();
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([202]));
  expect(again.filter(({ isReplay }) => isReplay)).toHaveLength(Number(done));
  expect(await one('SELECT count(*)::int FROM orders')).toBe(12);
  expect((await places()).map(({ text }) => text)).toEqual(again.map(({ text }) => text));
});

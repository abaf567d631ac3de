import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';

let database: OrderDatabase;
let broker: Awaited<ReturnType<typeof startOrderBroker>>;
let api: TestOrderApi;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString });
  await database.pool.query(`
    CREATE TABLE written (customer_id text, statement_at timestamptz);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.customer_id = 'bad' THEN RAISE EXCEPTION 'this one is bad'; END IF;
      INSERT INTO written VALUES (NEW.customer_id, transaction_timestamp());
      RETURN NEW;
    END $$;
    CREATE TRIGGER note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note()`);
});

beforeEach(() => database.pool.query('TRUNCATE orders, written'));

afterAll(async () => {
  await api.stop();
  await broker.close();
  await database.close();
});

const place = async (customerId: string): Promise<{ status: number; id?: string }> => {
  const answer = await fetch(`${api.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId, currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] }),
  });
  return { ...((await answer.json()) as object), status: answer.status };
};

const one = async (text: string): Promise<unknown> => Object.values((await database.pool.query(text)).rows[0])[0];

/** Places orders while nothing can be written, so that all of them are there at the same time. */
async function placeAtOnce(customers: readonly string[]): Promise<readonly { status: number; id?: string }[]> {
  const holder = await database.pool.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    const placing = customers.map(place);
    const waits = `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass`;
    while ((await one(waits)) === 0) await new Promise(setImmediate);
    await holder.query('COMMIT');
    return await Promise.all(placing);
  } finally {
    holder.release();
  }
}

it('writes orders that are placed at the same time together, each with its own answer', async () => {
  const customers = Array.from({ length: 40 }, (_, n) => `c-${n}`);
  const answers = await placeAtOnce(customers);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const { rows } = await database.pool.query('SELECT id, customer_id FROM orders');
  const stored = new Map(rows.map(({ id, customer_id }) => [customer_id, id]));
  expect(customers.map((customer) => stored.get(customer))).toEqual(answers.map(({ id }) => id));
  expect(await one('SELECT count(DISTINCT placed_by)::int FROM orders')).toBe(40);
  expect(await one('SELECT count(DISTINCT statement_at)::int FROM written')).toBeLessThan(40);
});

it('lets an order that cannot be written fail alone', async () => {
  const customers = ['a', 'b', 'bad', 'c', 'd'];
  const answers = await placeAtOnce(customers);
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 500, 202, 202]);
  expect(await one(`SELECT string_agg(customer_id, ' ' ORDER BY customer_id) FROM orders`)).toBe('a b c d');
});

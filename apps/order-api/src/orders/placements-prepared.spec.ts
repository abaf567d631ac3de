import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { createPool, RequestDatabase } from '@orderflow/service-kit';
import { startOrderApi } from '../../test/order-api.js';
import { startOrderBroker } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { fingerprintOf } from '../idempotency/idempotency-key.js';
import { OrderCommandOutbox } from './order-command-outbox.js';
import { PlaceOrder } from './place-order.js';

let database: OrderDatabase;
let pool: ReturnType<typeof createPool>;
let orders: PlaceOrder;

beforeAll(async () => {
  database = await openOrderDatabase();
});

afterAll(() => database.close());

beforeEach(() => {
  pool = createPool({ url: database.url, applicationName: 'spec', max: 1, onError: () => undefined });
  const requests = new RequestDatabase({ pool, connections: 1, waiting: 100 });
  const messaging = createPostgresMessaging({ pool });
  orders = new PlaceOrder(new OrderCommandOutbox({ requests, messaging, queue: 'orders' }));
});

afterEach(() => pool.end());

let keys = 0;
const lines = [{ sku: 'tea', quantity: 2, unitPrice: 450 }];

/** Places so many orders by one statement. */
function place(count: number, isKeyed: boolean): Promise<unknown> {
  const order = { customerId: 'ada', currency: 'EUR', lines };
  const key = () => ({ client: 'anonymous', route: 'POST /orders', key: `key-${(keys += 1)}` });
  const fingerprint = fingerprintOf(order);
  const cause = { correlationId: 'spec', headers: {} };
  return Promise.all(
    Array.from({ length: count }, () => orders.once(order, cause, isKeyed ? { ...key(), fingerprint } : undefined)),
  );
}

/** How often the only connection has run each statement that it keeps prepared. */
async function runs(): Promise<readonly number[]> {
  const { rows } = await pool.query(
    `SELECT (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements
     WHERE statement LIKE '%INSERT INTO orders%'`,
  );
  return rows.map((row) => row.runs as number);
}

it.each([
  ['with keys', true],
  ['without keys', false],
])('prepares the statement that places orders %s, however many they are', async (_, isKeyed) => {
  for (const count of [1, 3, 1, 40]) await place(count, isKeyed);
  // The first run only makes the text known.
  expect(await runs()).toEqual([3]);
});

it('plans it once a connection', async () => {
  const broker = await startOrderBroker();
  const api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString });
  await database.pool.query(`
    CREATE TABLE planned (plans text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO planned VALUES (current_setting('plan_cache_mode'));
      RETURN NEW;
    END $$;
    CREATE TRIGGER note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note()`);
  try {
    const body = JSON.stringify({ customerId: 'ada', currency: 'EUR', lines });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'key-of-service' };
    expect((await fetch(`${api.url}/orders`, { method: 'POST', headers, body })).status).toBe(202);
    expect((await database.pool.query('SELECT plans FROM planned')).rows).toEqual([{ plans: 'force_generic_plan' }]);
  } finally {
    await api.stop();
    await broker.close();
  }
});

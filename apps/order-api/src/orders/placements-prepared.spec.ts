import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { createPool, RequestDatabase } from '@orderflow/service-kit';
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

/** Places so many orders by one statement. */
function place(count: number, isKeyed: boolean): Promise<unknown> {
  const order = { customerId: 'ada', currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };
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

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import {
  createLogger,
  createMetrics,
  loadConfig,
  MessagingResources,
  type RunningService,
  startService,
} from '@orderflow/service-kit';
import type { Broker } from '@orderflow/servicebus-emulator';
import { eventually } from '../../test/eventually.js';
import { startOrderBroker } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { composeOrderApi } from '../compose-order-api.js';
import { configSchema } from '../config.js';

let database: OrderDatabase;
let broker: Broker;
let api: RunningService;
let wakes: number;
let stopListening: () => void;
let messaging: PostgresMessaging;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  const config = loadConfig(configSchema, {
    DATABASE_URL: database.url,
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    PORT: '0',
    LOCK_TIMEOUT: '25s',
  });
  const logger = createLogger({ name: 'order-api', level: 'silent' });
  const context = { config, logger, metrics: createMetrics('order-api') };
  const parts = await composeOrderApi(context);
  api = await startService(context, {
    ...parts,
    prepare(app) {
      // The one that the relay listens to as well.
      ({ messaging } = app.get(MessagingResources));
      return parts.prepare?.(app);
    },
  });
});

afterAll(async () => {
  await api.stop();
  await broker.close();
  await database.close();
});

beforeEach(() => {
  wakes = 0;
  stopListening = messaging.onWake(() => (wakes += 1));
});

afterEach(() => stopListening());

const order = { customerId: 'customer-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };

const place = (headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${api.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(order),
  });

/** Asks while nothing can be committed; answers how often the relay was woken before it could be, and in the end. */
async function wakesAround(ask: () => Promise<Response>): Promise<{ readonly before: number; readonly after: number }> {
  const holder = await database.pool.connect();
  let answer: Promise<Response> | undefined;
  let before = -1;
  try {
    await holder.query('begin');
    await holder.query('lock table orders in share mode');
    answer = ask();
    await eventually(async () => {
      const { rowCount } = await database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(rowCount).toBe(1);
    });
    before = wakes;
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  expect((await answer)?.status).toBe(202);
  return { before, after: wakes };
}

it.each([
  ['without a key', {}],
  ['with a key', { 'idempotency-key': 'key-1' }],
])('an order %s leaves as soon as it is committed, without waiting for a sweep', async (_, headers) => {
  expect(await wakesAround(() => place(headers))).toEqual({ before: 0, after: 1 });
});

it('a cancel leaves as soon as it is committed', async () => {
  const { id } = (await (await place()).json()) as { id: string };
  wakes = 0;
  const cancel = () => fetch(`${api.url}/orders/${id}/cancel`, { method: 'POST' });
  expect(await wakesAround(cancel)).toEqual({ before: 0, after: 1 });
  expect((await cancel()).status).toBe(202);
  expect(wakes).toBe(1);
});

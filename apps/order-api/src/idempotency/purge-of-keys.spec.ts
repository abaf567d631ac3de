import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createLogger, purgeRegularly } from '@orderflow/service-kit';
import { eventually } from '../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { purgeOfKeys } from './idempotency-store.js';

const everyMs = 600_000;
const everythingButIntervals = [
  'Date',
  'clearImmediate',
  'clearTimeout',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setTimeout',
] as const;

let database: OrderDatabase;
let stop: () => Promise<void>;

const start = () => {
  stop = purgeRegularly(purgeOfKeys(database.pool), createLogger({ name: 'spec', level: 'silent' }));
};

beforeEach(async () => {
  database = await openOrderDatabase();
  jest.useFakeTimers({ doNotFake: [...everythingButIntervals] });
  start();
});

afterEach(async () => {
  await stop();
  jest.useRealTimers();
  await database.close();
});

async function insertExpired(key: string): Promise<void> {
  await database.pool.query(
    `insert into idempotency_keys (client, route, key, fingerprint, status, headers, body, created_at)
     values ('anonymous', 'POST /orders', $1, 'f', 202, '{}', '{}', now() - interval '25 hours')`,
    [key],
  );
}

const kept = async () => (await database.pool.query('select from idempotency_keys')).rowCount;

it('removes expired keys every ten minutes', async () => {
  for (const key of ['first', 'second']) {
    await insertExpired(key);
    jest.advanceTimersByTime(everyMs - 1);
    expect(await kept()).toBe(1);
    jest.advanceTimersByTime(1);
    await eventually(async () => expect(await kept()).toBe(0));
  }
});

it('makes up for a round that failed with the next one', async () => {
  await insertExpired('expired');
  await database.pool.query('alter table idempotency_keys rename to away');
  jest.advanceTimersByTime(everyMs);
  await stop();
  await database.pool.query('alter table away rename to idempotency_keys');
  start();
  jest.advanceTimersByTime(everyMs);
  await eventually(async () => expect(await kept()).toBe(0));
});

it('ends after the round that is under way, and begins no other', async () => {
  await insertExpired('expired');
  const holder = await database.pool.connect();
  await holder.query('begin');
  await holder.query('lock table idempotency_keys');
  jest.advanceTimersByTime(everyMs);
  let ended = false;
  const ending = stop().then(() => (ended = true));
  await new Promise(setImmediate);
  expect(ended).toBe(false);
  await holder.query('commit');
  holder.release();
  await ending;
  expect(await kept()).toBe(0);
  await insertExpired('later');
  jest.advanceTimersByTime(10 * everyMs);
  await stop();
  expect(await kept()).toBe(1);
});

import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eventually } from '../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { KeyPurger } from './key-purger.js';

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
let purger: KeyPurger;

beforeEach(async () => {
  database = await openOrderDatabase();
  jest.useFakeTimers({ doNotFake: [...everythingButIntervals] });
  Logger.overrideLogger(false);
  purger = new KeyPurger(database.pool);
  purger.onApplicationBootstrap();
});

afterEach(async () => {
  await purger.onModuleDestroy();
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
  await purger.onModuleDestroy();
  await database.pool.query('alter table away rename to idempotency_keys');
  purger.onApplicationBootstrap();
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
  const ending = purger.onModuleDestroy().then(() => (ended = true));
  await new Promise(setImmediate);
  expect(ended).toBe(false);
  await holder.query('commit');
  holder.release();
  await ending;
  expect(await kept()).toBe(0);
  await insertExpired('later');
  jest.advanceTimersByTime(10 * everyMs);
  await purger.onModuleDestroy();
  expect(await kept()).toBe(1);
});

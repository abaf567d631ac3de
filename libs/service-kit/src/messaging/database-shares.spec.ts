import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import { pino } from 'pino';
import { messagingConfig } from '../testing/messaging-config.js';
import type { RequestDatabase } from '../postgres/request-database.js';
import { DatabaseShares } from './database-shares.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
});

afterAll(() => database.drop());

const logger = pino({ level: 'silent' });

const open = (poolSize: number, insertConnections?: number): DatabaseShares =>
  new DatabaseShares({
    name: 'shares.spec',
    config: messagingConfig(database.url, { DATABASE_POOL_SIZE: poolSize }),
    logger,
    insertConnections,
  });

const plansOf = async (share: Pick<DatabaseShares['requests'], 'query'>): Promise<unknown> =>
  (await share.query("SELECT current_setting('plan_cache_mode') AS plans")).rows[0]?.['plans'];

/** How many connections there are after so many statements at a time. */
async function connectionsAfter(
  shares: DatabaseShares,
  share: Pick<DatabaseShares['requests'], 'query'>,
): Promise<unknown> {
  await Promise.all(Array.from({ length: 9 }, () => share.query('SELECT pg_sleep(0.01)')));
  const { rows } = await shares.requests.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'shares.spec'",
  );
  return rows[0]?.['n'];
}

it('gives inserts connections of their own, which plan once, and the rest to all others', async () => {
  const shares = open(8, 2);
  const inserts = shares.inserts as RequestDatabase;
  expect(await plansOf(inserts)).toBe('force_generic_plan');
  expect(await plansOf(shares.requests)).toBe('force_custom_plan');
  expect(await connectionsAfter(shares, shares.pool)).toBe(6 + 1);
  await Promise.all([plansOf(inserts), plansOf(inserts)]);
  expect(await connectionsAfter(shares, shares.pool)).toBe(6 + 2);
  expect([inserts.capacity, shares.requests.capacity]).toEqual([2, 14]);
  await shares.end();
  await expect(inserts.query('SELECT 1')).rejects.toThrow('after calling end');
  await expect(shares.requests.query('SELECT 1')).rejects.toThrow('after calling end');
});

it('gives them a quarter at most, and none where that is less than one', async () => {
  const small = open(4, 2);
  expect([small.inserts?.capacity, small.requests.capacity, small.pool.options.max]).toEqual([1, 12, 3]);
  await small.end();
  for (const shares of [open(3, 2), open(20)]) {
    expect(shares.inserts).toBeUndefined();
    await shares.end();
  }
});

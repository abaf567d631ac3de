import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import type { Pool } from 'pg';
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

it('gives inserts and effects connections of their own, which plan once, and the rest to all others', async () => {
  const shares = open(8, 2);
  const inserts = shares.inserts as RequestDatabase;
  const effects = shares.effects as Pool;
  expect(await plansOf(inserts)).toBe('force_generic_plan');
  expect(await plansOf(effects)).toBe('force_generic_plan');
  expect(await plansOf(shares.requests)).toBe('force_custom_plan');
  expect(await connectionsAfter(shares, shares.pool)).toBe(5 + 1 + 1);
  await Promise.all([plansOf(inserts), plansOf(inserts)]);
  expect(await connectionsAfter(shares, shares.pool)).toBe(5 + 2 + 1);
  expect([inserts.capacity, shares.requests.capacity]).toEqual([2, 13]);
  await shares.end();
  await expect(inserts.query('SELECT 1')).rejects.toThrow('after calling end');
  await expect(effects.query('SELECT 1')).rejects.toThrow('after calling end');
  await expect(shares.requests.query('SELECT 1')).rejects.toThrow('after calling end');
});

it('gives each a quarter at most, and none where that is less than one', async () => {
  const small = open(4, 2);
  const sizes = [small.inserts?.capacity, small.effects?.options.max, small.requests.capacity, small.pool.options.max];
  expect(sizes).toEqual([1, 1, 11, 2]);
  await small.end();
  const smaller = open(3, 2);
  expect([smaller.inserts, smaller.effects]).toEqual([undefined, undefined]);
  await smaller.end();
  const others = open(20);
  expect([others.inserts, others.effects?.options.max]).toEqual([undefined, 1]);
  await others.end();
});

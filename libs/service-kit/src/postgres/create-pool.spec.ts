import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cloneDatabase } from '@orderflow/local-postgres/testing';
import { createPool, type PoolOptions } from './create-pool.js';

let database: Awaited<ReturnType<typeof cloneDatabase>>;

beforeAll(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
});

afterAll(() => database.drop());

/** Which statements its only connection has prepared after it ran one three times, and how it plans them. */
async function prepared(
  url: string | (() => string),
  how: Pick<PoolOptions, 'prepare' | 'plans'> = {},
): Promise<unknown> {
  const pool = createPool({ url, applicationName: 'spec', max: 1, ...how, onError: () => undefined });
  for (let n = 0; n < 3; n += 1) await pool.query('SELECT $1::int AS n', [n]);
  const { rows } = await pool.query('SELECT statement FROM pg_prepared_statements');
  const settings = await pool.query(`SELECT current_setting('plan_cache_mode') AS plans,
    current_setting('lock_timeout') AS wait`);
  await pool.end();
  return [rows.map(({ statement }) => statement), settings.rows[0].plans, settings.rows[0].wait];
}

const withOptions = () => `${database.url}?options=${encodeURIComponent('-c lock_timeout=77ms')}`;

it.each([
  ['given', () => withOptions()],
  ['rotated', () => withOptions],
])('prepares what comes again and plans it each time, with the other settings of a URL that is %s', async (_, url) => {
  expect(await prepared(url())).toEqual([['SELECT $1::int AS n'], 'force_custom_plan', '77ms']);
});

it.each([
  ['given', () => withOptions()],
  ['rotated', () => withOptions],
])('plans what comes again once where it is told to, by a URL that is %s', async (_, url) => {
  const kept = [['SELECT $1::int AS n'], 'force_generic_plan', '77ms'];
  expect(await prepared(url(), { plans: 'once' })).toEqual(kept);
});

it('prepares nothing, and asks for no setting, behind a pooler that cannot', async () => {
  expect(await prepared(database.url, { prepare: false })).toEqual([[], 'auto', '0']);
});

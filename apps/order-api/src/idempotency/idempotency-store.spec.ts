import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { Parameters } from '../sql/parameters.js';
import type { RequestKey } from './idempotency-key.js';
import { type Answer, claimKey, findAnswer, isKeyTaken, purgeKeys } from './idempotency-store.js';

let database: OrderDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await openOrderDatabase();
  pool = database.pool;
});

afterAll(() => database.close());

const now = new Date('2026-02-01T12:00:00.000Z');

async function insertKeys(prefix: string, count: number, createdAt: string): Promise<void> {
  await pool.query(
    `INSERT INTO idempotency_keys (client, route, key, fingerprint, status, headers, body, created_at)
     SELECT 'client:a', 'POST /orders', $1 || n, 'f', 202, '{}', '{}', $3
     FROM generate_series(1, $2::integer) n`,
    [prefix, count, createdAt],
  );
}

const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 0, 31);

const keyOf = (key: string, change: Partial<RequestKey> = {}): RequestKey => ({
  client: 'client:a',
  route: 'POST /orders',
  key,
  fingerprint: 'f',
  ...change,
});
const answer: Answer = { status: 202, headers: { location: '/orders/o-1' }, body: '{"id":"o-1"}' };

async function claim(key: RequestKey): Promise<void> {
  const parameters = new Parameters();
  await database.pool.query(claimKey(parameters, key, answer, new Date(start)), [...parameters.values]);
}

const isTaken = (key: RequestKey): Promise<boolean> => claim(key).then(() => false, isKeyTaken);

describe('an answer', () => {
  it('keeps an answer for a day to the millisecond, and then frees its key at once', async () => {
    await claim(keyOf('key-1'));
    const replay = { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
    expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS - 1))).toEqual(replay);
    expect(await isTaken(keyOf('key-1'))).toBe(true);
    expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS))).toBeUndefined();
    await claim(keyOf('key-1'));
  });

  it.each([{ client: 'client:b' }, { route: 'POST /returns' }, { key: 'key-3' }])(
    'neither finds nor frees the answer to another request: %j',
    async (change) => {
      const key = keyOf(`key-2-${JSON.stringify(change)}`);
      await claim(key);
      expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 2 * DAY_MS))).toBeUndefined();
      expect(await isTaken(key)).toBe(true);
      expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 1))).toBeUndefined();
      await claim({ ...key, ...change });
    },
  );
});

describe('purgeKeys', () => {
  it('removes what is 24 hours old, over several batches, and nothing younger', async () => {
    await insertKeys('old-', 2_500, '2026-01-31T12:00:00.000Z');
    await insertKeys('young-', 3, '2026-01-31T12:00:00.001Z');
    expect(await purgeKeys(pool, now)).toBe(2_500);
    const { rows } = await pool.query<{ key: string }>('SELECT key FROM idempotency_keys ORDER BY key');
    expect(rows.map(({ key }) => key)).toEqual(['young-1', 'young-2', 'young-3']);
    expect(await purgeKeys(pool, now)).toBe(0);
  });

  it('passes over rows that another replica is working on', async () => {
    await insertKeys('held-', 2, '2026-01-30T12:00:00.000Z');
    const other = await pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(`SELECT 1 FROM idempotency_keys WHERE key = 'held-1' FOR UPDATE`);
      expect(await purgeKeys(pool, now)).toBe(1);
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
    expect(await purgeKeys(pool, now)).toBe(1);
  });
});

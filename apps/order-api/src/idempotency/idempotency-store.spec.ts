import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { purgeKeys } from './idempotency-store.js';

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

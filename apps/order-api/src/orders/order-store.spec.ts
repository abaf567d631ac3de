import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { listOrdersQuery } from './list-orders-query.js';
import { listOrders } from './order-store.js';

let database: OrderDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await openOrderDatabase();
  pool = database.pool;
});

afterAll(() => database.close());

/** Three orders a millisecond, so that pages end between equal times. */
async function insertOrders(prefix: string, customerId: string, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO orders (id, customer_id, currency, total, lines, created_at, accepted_at)
     SELECT $1 || lpad(n::text, 4, '0'), $2, 'EUR', 100, '[]',
            timestamptz '2026-01-31T12:00:00Z' + (n / 3) * INTERVAL '1 millisecond',
            CASE WHEN n % 2 = 0 THEN now() END
     FROM generate_series(1, $3::integer) n`,
    [prefix, customerId, count],
  );
}

async function readAll(query: Readonly<Record<string, string>>, between?: () => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listOrders(pool, listOrdersQuery.parse({ ...query, ...(cursor && { cursor }) }));
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await between?.();
  } while (cursor !== undefined);
  return ids;
}

describe('listOrders', () => {
  it('shows every order once, newest first, and says where the list ends', async () => {
    await insertOrders('all-', 'everything', 20);
    const ids = await readAll({ customerId: 'everything', limit: '7' });
    expect(ids).toHaveLength(20);
    expect(ids).toEqual([...ids].sort().reverse());
  });

  it('ends at a page that is exactly full', async () => {
    await insertOrders('full-', 'exactly', 4);
    const page = await listOrders(pool, listOrdersQuery.parse({ customerId: 'exactly', limit: '4' }));
    expect(page.items).toHaveLength(4);
    expect(page).not.toHaveProperty('nextCursor');
  });

  it('repeats and loses nothing while newer orders come in', async () => {
    await insertOrders('old-', 'busy', 12);
    let round = 0;
    const ids = await readAll({ customerId: 'busy', limit: '5' }, async () => {
      round += 1;
      await pool.query(
        `INSERT INTO orders (id, customer_id, currency, total, lines, created_at)
         VALUES ($1, 'busy', 'EUR', 1, '[]', now())`,
        [`new-${round}`],
      );
    });
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  it('filters by status, and by status and customer', async () => {
    await insertOrders('mix-', 'filtered', 9);
    const accepted = await readAll({ customerId: 'filtered', status: 'accepted', limit: '2' });
    expect(accepted).toEqual(['mix-0008', 'mix-0006', 'mix-0004', 'mix-0002']);
    const pending = await readAll({ customerId: 'filtered', status: 'pending' });
    expect(pending).toHaveLength(5);
    const everyAccepted = await readAll({ status: 'accepted' });
    expect(everyAccepted).toEqual(expect.arrayContaining(accepted));
  });

  it('leaves out orders of which only a payment is known', async () => {
    await pool.query(`INSERT INTO orders (id, captured_at) VALUES ('unheard-of', now())`);
    expect(await readAll({})).not.toContain('unheard-of');
  });

  it.each([
    ['all', {}, 'orders_by_time'],
    ['a status', { status: 'accepted' }, 'orders_by_status'],
    ['a customer', { customerId: 'customer-7' }, 'orders_by_customer'],
  ])('reads a page of %s from an index, without sorting', async (_, filter, index) => {
    await pool.query(
      `INSERT INTO orders (id, customer_id, currency, total, lines, created_at, accepted_at)
       SELECT gen_random_uuid()::text, 'customer-' || n % 100, 'EUR', 1, '[]', now() - n * INTERVAL '1 second',
              CASE WHEN n % 10 = 0 THEN now() END
       FROM generate_series(1, 5000) n`,
    );
    await pool.query('ANALYZE orders');
    const conditions = Object.entries(filter).map(([name, value]) =>
      name === 'status' ? `AND status = '${value}'` : `AND customer_id = '${value}'`,
    );
    const { rows } = await pool.query<Record<string, string>>(
      `EXPLAIN SELECT * FROM orders WHERE created_at IS NOT NULL ${conditions.join(' ')}
       AND (created_at, id) < (now(), 'x') ORDER BY created_at DESC, id DESC LIMIT 51`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain(index);
    expect(plan).not.toContain('Sort');
  });
});

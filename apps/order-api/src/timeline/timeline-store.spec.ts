import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { readTimeline } from './timeline-store.js';

const placedAt = '2026-01-31T12:00:00.000Z';
const place = { type: 'order.place', id: 'command-1', time: placedAt };

let database: OrderDatabase;

beforeAll(async () => {
  database = await openOrderDatabase();
});

afterAll(() => database.close());

const keepMessage = (orderId: string, id: string, type: string, cause: string | null) =>
  database.pool.query(
    `insert into order_messages (order_id, message_id, type, time, cause_message_id, cause_attempt)
     values ($1, $2, $3, $4, $5, 1)`,
    [orderId, id, type, placedAt, cause],
  );

it('begins with the command that placed the order, also before messages of the same millisecond', async () => {
  await database.pool.query(`insert into orders (id, created_at, placed_by) values ('new', $1, 'command-1')`, [
    placedAt,
  ]);
  await keepMessage('new', 'a', 'order.accepted', 'command-1');
  const cause = { messageId: 'command-1', attempt: 1 };
  expect(await readTimeline(database.pool, 'new')).toEqual([
    place,
    { type: 'order.accepted', id: 'a', time: placedAt, cause },
  ]);
});

it('finds that of an order of before among the messages', async () => {
  await database.pool.query(`insert into orders (id, created_at) values ('old', $1)`, [placedAt]);
  await keepMessage('old', 'command-1', 'order.place', null);
  expect(await readTimeline(database.pool, 'old')).toEqual([place]);
});

it('has none for an order that came to the queue by itself', async () => {
  await database.pool.query(`insert into orders (id) values ('queued')`);
  expect(await readTimeline(database.pool, 'queued')).toEqual([]);
});

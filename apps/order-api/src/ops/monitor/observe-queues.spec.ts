import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { IndexStore } from '../dead-letter-index/index-store.js';
import { observeQueues } from './observe-queues.js';

let database: OrderDatabase;
beforeEach(async () => {
  database = await openOrderDatabase();
});
afterEach(() => database.close());

/** What the broker counted some time ago. */
const counted = (secondsAgo: number, deadLetters: number, active = 0) =>
  database.pool.query(
    `INSERT INTO queue_counts (queue, at, active, dead_letters) VALUES ('orders', now() - $1 * interval '1 s', $2, $3)`,
    [secondsAgo, active, deadLetters],
  );
/** Looks into the queue, and finds letters that were stored some time ago. */
const indexed = (...secondsAgo: readonly number[]) =>
  new IndexStore(database.pool).add({
    queue: 'orders',
    letters: secondsAgo.map((seconds, n) => ({
      ...{ id: `m-${n}`, place: String(n), type: 't', version: 1, reason: 'R', detail: '', preview: '' },
      ...{ enqueuedAt: new Date(Date.now() - seconds * 1_000), attempt: 1, generation: 0, size: 1 },
    })),
  });
const observe = async () => (await observeQueues(database.pool, ['orders'], 60))[0];

it('knows nothing of a queue that nobody has looked into yet', async () => {
  expect(await observe()).toEqual({ queue: 'orders' });
});

it('takes the counts of the broker, and their growth in ten minutes', async () => {
  await indexed(100, 50);
  await counted(3_000, 1_000);
  await counted(590, 4);
  await counted(300, 8);
  await counted(1, 7, 12);
  const { counts } = (await observe()) ?? {};
  expect(counts).toEqual({ deadLetters: 7, growth: 3, oldestDeadLetterSeconds: expect.any(Number), backlog: 12 });
  expect(counts?.oldestDeadLetterSeconds).toBeGreaterThanOrEqual(99);
});

it('takes the index where the broker does not count, or not any more', async () => {
  await indexed(100, 50);
  await counted(300, 8, 12);
  expect((await observe())?.counts).toEqual({ deadLetters: 2, growth: 0, oldestDeadLetterSeconds: expect.any(Number) });
});

it('takes counts that are fresh where the index is left alone', async () => {
  await indexed(100);
  await counted(1, 8, 12);
  await database.pool.query("UPDATE dead_letter_queues SET indexed_at = now() - interval '90 s'");
  expect((await observe())?.counts).toMatchObject({ deadLetters: 8, backlog: 12 });
});

it('knows nothing any more when nobody has looked for long, but for how long', async () => {
  await indexed(100);
  await counted(95, 8);
  await database.pool.query("UPDATE dead_letter_queues SET indexed_at = now() - interval '90 s'");
  expect(await observe()).toEqual({ queue: 'orders', unwatchedSeconds: 90 });
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { BrowseOptions, DeadLetter } from '@orderflow/messaging';
import { deadLetter } from '../../../test/dead-letter.js';
import type { ReachedBroker } from '../../../test/ops-api.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { describeOnRabbitMq, startRabbitMq } from '../../../test/rabbitmq.js';
import { IndexBrowser } from './index-browser.js';
import { IndexStore } from './index-store.js';

const queue = 'orders';
const { signal } = new AbortController();
const [a, b, c] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];

describeOnRabbitMq('on RabbitMQ', () => {
  let database: OrderDatabase;
  let broker: ReachedBroker;
  let browser: IndexBrowser;
  let nowMs = 0;
  let looks: number;
  /** What a look sees of the letters that there are. */
  let seen: (letters: readonly DeadLetter[]) => readonly DeadLetter[];

  beforeAll(async () => {
    database = await openOrderDatabase();
    broker = await startRabbitMq();
  });
  afterAll(async () => {
    await broker.close();
    await database.close();
  });
  beforeEach(() => {
    looks = 0;
    seen = (letters) => letters;
    browser = new IndexBrowser({
      deadLetters: {
        browse: async (place: string, options: BrowseOptions) => {
          looks += 1;
          const found = await broker.transport.deadLetters.browse?.(place, options);
          if (found === undefined) throw new Error('This transport has no browse.');
          return { ...found, letters: seen(found.letters) };
        },
      },
      store: new IndexStore(database.pool),
      most: 5,
      pauseMs: 30_000,
      now: () => nowMs,
    });
  });

  afterEach(async () => {
    await broker.transport.deadLetters.discard(queue);
    await database.pool.query('TRUNCATE dead_letters, dead_letter_groups, dead_letter_queues');
  });

  /** As when the broker counts so many, which it does a moment after a letter was taken or handed back. */
  async function refresh(letters: number): Promise<void> {
    const counted = async () => (await broker.transport.inspection?.counts(queue))?.deadLetters;
    while ((await counted()) !== letters) continue;
    await browser.refresh(queue, letters, signal);
  }

  const take = (id: string) => broker.transport.deadLetters.discard(queue, { filter: (letter) => letter.id === id });

  async function indexed(): Promise<Readonly<Record<string, string | null>>> {
    const { rows } = await database.pool.query<{ message_id: string; outcome: string | null }>(
      'SELECT message_id, outcome FROM dead_letters WHERE queue = $1 ORDER BY position',
      [queue],
    );
    return Object.fromEntries(rows.map(({ message_id, outcome }) => [message_id, outcome]));
  }

  it('looks only when the broker counts something else than the index, and not again so soon', async () => {
    await refresh(0);
    expect(looks).toBe(0);
    await deadLetter(broker.transport, queue, [a, b]);
    await refresh(2);
    await refresh(2);
    expect([looks, await indexed()]).toEqual([1, { a: null, b: null }]);
    await deadLetter(broker.transport, queue, [c]);
    await refresh(3);
    expect(looks).toBe(1);
    nowMs += 30_000;
    await refresh(3);
    expect([looks, await indexed()]).toEqual([2, { a: null, b: null, c: null }]);
  });

  it('marks what is gone', async () => {
    await deadLetter(broker.transport, queue, [a, b, c]);
    await refresh(3);
    await take('a');
    await take('c');
    nowMs += 30_000;
    await refresh(1);
    expect(await indexed()).toEqual({ a: 'taken', b: null, c: 'taken' });
    await take('b');
    nowMs += 30_000;
    await refresh(0);
    expect(await indexed()).toEqual({ a: 'taken', b: 'taken', c: 'taken' });
  });

  it('looks again after what somebody else had in hand, though the broker counts what it counted before', async () => {
    const without = (id: string) => (letters: readonly DeadLetter[]) => letters.filter((letter) => letter.id !== id);
    await deadLetter(broker.transport, queue, [a, b]);
    seen = without('a');
    await refresh(2);
    expect(await indexed()).toEqual({ b: null });
    seen = without('b');
    nowMs += 30_000;
    await refresh(2);
    expect(await indexed()).toEqual({ a: null, b: 'taken' });
    seen = (letters) => letters;
    await refresh(2);
    expect(looks).toBe(2);
    nowMs += 30_000;
    await refresh(2);
    expect([looks, await indexed()]).toEqual([3, { a: null, b: null }]);
  });

  it('lists one of those that were stored twice, and looks once', async () => {
    await deadLetter(broker.transport, queue, [a, b, c]);
    seen = ([first, ...others]) => [first, first, ...others.slice(1)] as DeadLetter[];
    await refresh(3);
    expect(await indexed()).toEqual({ a: null, c: null });
    nowMs += 600_000;
    await refresh(3);
    expect(looks).toBe(1);
  });

  it('marks nothing when it did not come to the end, and does not look again until something changes', async () => {
    const many = Array.from({ length: 7 }, (_, n) => ({ id: `m-${n}` }));
    await deadLetter(broker.transport, queue, many);
    await refresh(7);
    nowMs += 600_000;
    await refresh(7);
    expect([looks, Object.values(await indexed())]).toEqual([1, [null, null, null, null, null]]);
    await take('m-0');
    await refresh(6);
    expect([looks, new Set(Object.values(await indexed()))]).toEqual([2, new Set([null])]);
    // What was hidden behind the most that one look takes is found once there are fewer.
    for (const id of ['m-1', 'm-2']) await take(id);
    nowMs += 30_000;
    await refresh(4);
    expect(Object.entries(await indexed()).filter(([, outcome]) => outcome === null)).toHaveLength(4);
  });

  it('does not look where nobody may count', async () => {
    await deadLetter(broker.transport, queue, [a]);
    await browser.refresh(queue, undefined, signal);
    expect([looks, await indexed()]).toEqual([0, {}]);
  });
});

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter } from '../../../test/dead-letter.js';
import { startOrderBroker, transportTo } from '../../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { IndexKeeper } from './index-keeper.js';
import { IndexStore } from './index-store.js';

let database: OrderDatabase;
let broker: Broker;
let transport: AzureServiceBusTransport;
let store: IndexStore;
let nowMs: number;
let keeper: IndexKeeper;
const { signal } = new AbortController();

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  transport = transportTo(broker);
  store = new IndexStore(database.pool);
  nowMs = Date.now();
  keeper = new IndexKeeper({
    deadLetters: transport.deadLetters,
    store,
    sweepEveryMs: 600_000,
    sweepPauseMs: 30_000,
    now: () => nowMs,
  });
});
afterEach(async () => {
  await transport.close();
  await broker.close();
  await database.close();
});

async function indexed(): Promise<readonly (readonly [string, string | null])[]> {
  const { rows } = await database.pool.query<{ message_id: string; outcome: string | null }>(
    "SELECT message_id, outcome FROM dead_letters WHERE queue = 'orders' ORDER BY position",
  );
  return rows.map(({ message_id, outcome }) => [message_id, outcome]);
}

async function groups() {
  const { rows } = await database.pool.query(
    'SELECT reason, pattern, present::int, total::int FROM dead_letter_groups ORDER BY reason, pattern',
  );
  return rows as readonly object[];
}

it('takes in what is there, then what came since, with exact counts of what is alike', async () => {
  await deadLetter(transport, 'orders', [
    { id: 'a', detail: 'No. 1' },
    { id: 'b', detail: 'No. 2' },
    { id: 'c', reason: 'Expired', detail: 'late' },
  ]);
  await keeper.refresh('orders', 3, signal);
  await deadLetter(transport, 'orders', [{ id: 'd', detail: 'No. 77' }]);
  await keeper.refresh('orders', 4, signal);
  expect((await indexed()).map(([id]) => id)).toEqual(['a', 'b', 'c', 'd']);
  expect(await groups()).toEqual([
    { reason: 'Expired', pattern: 'late', present: 1, total: 1 },
    { reason: 'Refused', pattern: 'No. <n>', present: 3, total: 3 },
  ]);
  expect(await store.state('orders')).toMatchObject({ present: 4, tail: expect.any(String) });
});

it('finds by the count of the broker that letters were taken, and marks them', async () => {
  await deadLetter(transport, 'orders', [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  await keeper.refresh('orders', 3, signal);
  await transport.deadLetters.discard('orders', { filter: ({ id }) => id !== 'b' });
  await keeper.refresh('orders', 1, signal);
  expect(await indexed()).toEqual([
    ['a', null],
    ['b', null],
    ['c', null],
  ]);
  nowMs += 60_000;
  await keeper.refresh('orders', 1, signal);
  expect(await indexed()).toEqual([
    ['a', 'taken'],
    ['b', null],
    ['c', 'taken'],
  ]);
  expect(await groups()).toMatchObject([{ present: 1, total: 3 }]);
});

/** A replay is sending these, and has sent those. */
async function replaying(sending: readonly string[], sent: readonly string[]): Promise<void> {
  const id = randomUUID();
  await database.pool.query(
    `INSERT INTO ops_replays (id, selection_id, queue, target, state, stages, stop_ratio, stop_at_least, confirm_ms, note, created_by)
     VALUES ($1, $1, 'orders', 'orders', 'running', '{9}', 0.1, 1, 60000, '', 'local')`,
    [id],
  );
  await database.pool.query(
    `INSERT INTO ops_replay_letters (replay_id, n, stage, queue, place, message_id, generation, state)
     SELECT $1, row_number() OVER (), 1, queue, place, message_id, generation, 'sending'
     FROM dead_letters WHERE message_id = ANY ($2)`,
    [id, sending],
  );
  await database.pool.query(
    `UPDATE dead_letters SET gone_at = now(), outcome = 'replayed', outcome_id = $1 WHERE message_id = ANY ($2)`,
    [id, sent],
  );
}

it('does not look through everything for what a replay moves at this moment, and does for what is more than that', async () => {
  await deadLetter(transport, 'orders', [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }]);
  await keeper.refresh('orders', 4, signal);
  await replaying(['a'], ['b']);
  await transport.deadLetters.discard('orders', { filter: ({ id }) => id !== 'c' });
  nowMs += 60_000;
  // By the index there are a, c and d; a may be gone, and b be counted still.
  for (const count of [2, 3, 4]) await keeper.refresh('orders', count, signal);
  expect((await indexed()).filter(([, outcome]) => outcome === 'taken')).toEqual([]);
  await keeper.refresh('orders', 1, signal);
  expect((await indexed()).filter(([, outcome]) => outcome === 'taken').map(([id]) => id)).toEqual(['a', 'd']);
});

it('looks through everything from time to time where nobody may count', async () => {
  await deadLetter(transport, 'orders', [{ id: 'a' }, { id: 'b' }]);
  await keeper.refresh('orders', undefined, signal);
  await transport.deadLetters.discard('orders');
  nowMs += 599_000;
  await keeper.refresh('orders', undefined, signal);
  expect(await groups()).toMatchObject([{ present: 2 }]);
  nowMs += 2_000;
  await keeper.refresh('orders', undefined, signal);
  expect(await groups()).toMatchObject([{ present: 0, total: 2 }]);
});

it('sees more pages than one, locks nothing, and counts no delivery', async () => {
  const many = Array.from({ length: 600 }, (_, n) => ({ id: `m-${n}` }));
  await deadLetter(transport, 'orders', many);
  for (let time = 0; time < 25; time += 1) {
    await keeper.refresh('orders', 600, signal);
    nowMs += 601_000;
  }
  expect((await indexed()).filter(([, outcome]) => outcome === null)).toHaveLength(600);
  const { letters } = await transport.deadLetters.peek('orders');
  expect(letters).toHaveLength(50);
  expect(new Set(letters.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  expect(await transport.deadLetters.discard('orders')).toMatchObject({ discarded: 600, skipped: 0 });
});

it('keeps what cannot be stored as it is in a readable way', async () => {
  const letter = {
    id: 'a\u0000b',
    place: '7',
    type: 'x'.repeat(500),
    version: 1,
    reason: 'half \ud800',
    detail: 'y'.repeat(9_000),
    enqueuedAt: new Date(),
    attempt: 1,
    generation: 0,
    size: 1,
    preview: '',
  };
  await store.add({ queue: 'orders', letters: [letter] });
  const { rows } = await database.pool.query('SELECT message_id, type, reason, length(detail) FROM dead_letters');
  expect(rows).toEqual([{ message_id: 'a\ufffdb', type: 'x'.repeat(200), reason: 'half \ufffd', length: 2_000 }]);
});

it('knows a place again that another letter took, and one that came back', async () => {
  const letter = (id: string, generation: number) => ({
    ...{ id, place: '7', type: 't', version: 1, reason: `R${generation}`, detail: '', enqueuedAt: new Date() },
    ...{ attempt: 1, generation, size: 1, preview: '' },
  });
  await store.add({ queue: 'orders', letters: [letter('a', 0)] });
  await store.add({ queue: 'orders', letters: [], after: '' });
  expect(await indexed()).toEqual([['a', 'taken']]);
  await store.add({ queue: 'orders', letters: [letter('a', 0)] });
  expect(await indexed()).toEqual([['a', null]]);
  await store.add({ queue: 'orders', letters: [letter('b', 1)] });
  expect(await indexed()).toEqual([['b', null]]);
  expect(await groups()).toMatchObject([
    { reason: 'R0', present: 0, total: 0 },
    { reason: 'R1', present: 1, total: 1 },
  ]);
});

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { receive } from '@orderflow/messaging/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { deadLetter } from '../../../test/dead-letter.js';
import { eventually } from '../../../test/eventually.js';
import { startOrderBroker, transportTo } from '../../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { IndexKeeper } from '../dead-letter-index/index-keeper.js';
import { IndexStore } from '../dead-letter-index/index-store.js';
import { freeze } from '../selections/selection-store.js';
import { changeReplay } from './change-replay.js';
import { replayRequest } from './replay-request.js';
import { ReplayRunner, type ReplayRunnerOptions } from './replay-runner.js';
import { createReplay, readReplay } from './replay-store.js';

const ids = ['a', 'b', 'c'];
const { signal } = new AbortController();

let database: OrderDatabase;
let broker: Broker;
let transport: AzureServiceBusTransport;
let messaging: PostgresMessaging;
let id: string;

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  transport = transportTo(broker);
  messaging = createPostgresMessaging({ pool: database.pool });
  await deadLetter(
    transport,
    'orders',
    ids.map((letter) => ({ id: letter })),
  );
  await refreshIndex();
  const filter = { queue: 'orders', filter: {}, actor: 'local' };
  const selection = await messaging.transaction((tx) => freeze(tx, filter));
  const request = replayRequest.parse({ selectionId: selection.id, stages: ['rest'], note: 'go' });
  id = await messaging.transaction((tx) => createReplay(tx, request, { actor: 'local', targetOf: (queue) => queue }));
});
afterEach(async () => {
  await transport.close();
  await broker.close();
  await database.close();
});

async function refreshIndex(): Promise<void> {
  const store = new IndexStore(database.pool);
  const parts = { deadLetters: transport.deadLetters, store, now: Date.now };
  await new IndexKeeper({ ...parts, sweepEveryMs: 0, sweepPauseMs: 0 }).refresh('orders', undefined, signal);
}

/** Whoever leads; `dies` names what it does last. */
function runner(parts: Partial<ReplayRunnerOptions> = {}): ReplayRunner {
  const { pool } = database;
  const { deadLetters } = transport;
  return new ReplayRunner({
    ...{ pool, messaging, deadLetters, confirm: async () => undefined, onError: () => {} },
    ...parts,
  });
}

const killed = () => Promise.reject(new Error('killed'));

/** A transaction function whose process dies at its nth call, before or after that has committed. */
function dyingAt(nth: number, when: 'before' | 'after'): Pick<PostgresMessaging, 'transaction'> {
  let call = 0;
  return {
    transaction: async (work) => {
      call += 1;
      if (call < nth) return messaging.transaction(work);
      if (when === 'after' && call === nth) await messaging.transaction(work);
      return killed();
    },
  };
}

async function states(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ state: string }>('SELECT state FROM ops_replay_letters ORDER BY n');
  return rows.map(({ state }) => state);
}

async function stage() {
  return (await readReplay(database.pool, id))?.stages[0];
}

/** What the consumer gets, each with whether the inbox knew it. */
async function arrived(): Promise<readonly string[]> {
  const found: string[] = [];
  const fence = randomUUID();
  const work = await receive(transport, 'orders');
  const known = { version: 1, source: '/test', time: '2026-01-01T00:00:00.000Z', contentType: 'text/plain' };
  const envelope = { ...known, id: fence, type: 't', headers: {}, body: Buffer.from('') };
  await transport.send([{ to: { queue: 'orders' }, envelope }]);
  for (;;) {
    const delivery = await work.complete();
    if (delivery.envelope.id === fence) break;
    found.push(delivery.envelope.id);
  }
  await work.subscription.stop();
  return found.sort();
}

it.each<[string, () => Partial<ReplayRunnerOptions>]>([
  ['before it marked what it was about to send', () => ({ messaging: dyingAt(1, 'before') })],
  ['after it marked what it was about to send', () => ({ messaging: dyingAt(1, 'after') })],
  [
    'after the broker had done everything',
    () => ({
      deadLetters: {
        read: killed,
        replay: async (...args) => {
          await transport.deadLetters.replay(...args);
          return killed();
        },
      },
    }),
  ],
  [
    'after the broker had done a part',
    () => ({
      deadLetters: {
        read: killed,
        replay: async (place, options) => {
          await transport.deadLetters.replay(place, { ...options, limit: 2 });
          return killed();
        },
      },
    }),
  ],
  ['before it wrote what it had sent', () => ({ messaging: dyingAt(2, 'before') })],
  ['after it wrote what it had sent', () => ({ messaging: dyingAt(2, 'after') })],
])('loses nothing and sends nothing twice when its process dies %s', async (_, parts) => {
  await runner(parts()).step(signal);
  await runner().step(signal);
  expect(await stage()).toMatchObject({ waiting: 0, inFlight: 3, missing: 0, refused: 0 });
  expect(await arrived()).toEqual(ids);
  expect((await transport.deadLetters.peek('orders')).letters).toEqual([]);
  const { rows } = await database.pool.query('SELECT outcome, outcome_id FROM dead_letters');
  expect(rows).toEqual(ids.map(() => ({ outcome: 'replayed', outcome_id: id })));
});

it('loses nothing and sends nothing twice when its process dies while it sends at a rate', async () => {
  await database.pool.query('UPDATE ops_replays SET rate = 10');
  const dies = new AbortController();
  const sent: string[] = [];
  const deadLetters: ReplayRunnerOptions['deadLetters'] = {
    read: killed,
    replay: async (place, options) => {
      const onReplayed = (letter: { readonly id: string }): void => {
        sent.push(letter.id);
        dies.abort();
      };
      await transport.deadLetters.replay(place, { ...options, onReplayed, signal: dies.signal });
      return killed();
    },
  };
  await runner({ deadLetters }).step(signal);
  expect(sent).toEqual(['a']);
  expect(await stage()).toMatchObject({ waiting: 0, inFlight: 3 });
  await runner().step(signal);
  expect(await stage()).toMatchObject({ waiting: 0, inFlight: 3, missing: 0, refused: 0 });
  expect(await arrived()).toEqual(ids);
});

it('tells what it has sent while it goes on, and ends its pass when the replay is paused', async () => {
  await database.pool.query('UPDATE ops_replays SET rate = 1');
  const deadLetters: ReplayRunnerOptions['deadLetters'] = {
    read: (...args) => transport.deadLetters.read(...args),
    // The second one would have to wait for a quarter of an hour.
    replay: (place, options) => transport.deadLetters.replay(place, { ...options, rate: 0.001 }),
  };
  const leading = runner({ deadLetters }).step(signal);
  await eventually(async () => expect(await states()).toEqual(['sent', 'sending', 'sending']));
  await messaging.transaction((tx) => changeReplay(tx, id, 'pause', 'wait'));
  await leading;
  expect(await states()).toEqual(['sent', 'waiting', 'waiting']);
  expect(await arrived()).toEqual(['a']);
});

/** Copies are in the queue, and the letters still there: what a process leaves that dies between sending and removing. */
async function dieBetweenSendingAndRemoving(): Promise<void> {
  broker.faults.add({ kind: 'lose-settlements', entity: 'orders', times: 3 });
  const errors: unknown[] = [];
  const { connectionString } = broker;
  // The SDK waits for the answer to each settlement as long as a request may take, four times.
  const dying = createAzureServiceBusTransport({ connectionString }, { requestTimeoutMs: 300 });
  await runner({ deadLetters: dying.deadLetters, onError: (error) => errors.push(error) }).step(signal);
  await dying.close();
  expect(errors).toHaveLength(1);
  broker.faults.clear();
  broker.faults.disrupt({ kind: 'expire-locks', entity: 'orders' });
  expect((await transport.deadLetters.peek('orders')).letters).toHaveLength(3);
  expect(await stage()).toMatchObject({ waiting: 0, inFlight: 3 });
}

it('sends nothing twice when it dies between sending and removing, inside the window of duplicate detection', async () => {
  await dieBetweenSendingAndRemoving();
  await runner().step(signal);
  expect((await transport.deadLetters.peek('orders')).letters).toEqual([]);
  expect(await arrived()).toEqual(ids);
});

it('sends nothing twice when what it replayed is delayed again before it goes on', async () => {
  await dieBetweenSendingAndRemoving();
  const work = await receive(transport, 'orders');
  for (const _ of ids) (await work.next()).settle({ kind: 'retry', delayMs: 60_000, reason: 'away' });
  await work.subscription.stop();
  await runner().step(signal);
  expect(await arrived()).toEqual([]);
  broker.clock.advance(61_000);
  expect(await arrived()).toEqual(ids);
});

it('sends copies with the id that the inbox knows, once duplicate detection has forgotten them', async () => {
  await dieBetweenSendingAndRemoving();
  const first = await arrived();
  broker.clock.advance(2 * 3_600_000);
  await runner().step(signal);
  expect([first, await arrived()]).toEqual([ids, ids]);
});

it('finds out what was sent of a replay that was cancelled while its process died', async () => {
  const deadLetters: ReplayRunnerOptions['deadLetters'] = {
    read: killed,
    replay: async (place, options) => {
      await transport.deadLetters.replay(place, { ...options, limit: 1 });
      return killed();
    },
  };
  await runner({ deadLetters }).step(signal);
  await messaging.transaction((tx) => changeReplay(tx, id, 'cancel', 'wrong ones'));
  await runner().step(signal);
  expect(await stage()).toMatchObject({ inFlight: 1, released: 2, waiting: 0 });
  expect(await arrived()).toEqual(['a']);
  expect((await transport.deadLetters.peek('orders')).letters.map((letter) => letter.id)).toEqual(['b', 'c']);
});

it('says of a letter that somebody else took before that it is missing', async () => {
  await transport.deadLetters.discard('orders', { filter: (letter) => letter.id === 'b' });
  await runner().step(signal);
  expect(await stage()).toMatchObject({ inFlight: 2, missing: 1 });
});

it('leaves what the broker refuses where it is, and says why', async () => {
  broker.faults.add({ kind: 'refuse-sends', entity: 'orders', condition: 'amqp:decode-error', times: 100 });
  await runner().step(signal);
  expect(await stage()).toMatchObject({ refused: 3, inFlight: 0 });
  await runner().step(signal);
  expect((await readReplay(database.pool, id))?.state).toBe('done');
  const { rows } = await database.pool.query('SELECT count(*)::int AS left FROM dead_letters WHERE gone_at IS NULL');
  expect(rows).toEqual([{ left: 3 }]);
});

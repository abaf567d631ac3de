import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { createMessagingDatabase, type MessagingDatabase } from '../test/messaging-database.js';
import { type Consumer, startConsumer } from './consumer.js';
import { handle } from './handling.js';
import type { Message } from './message.js';
import { createPostgresMessaging, postgresFailures, type SqlTransaction } from './postgres/index.js';
import type { Steps } from './steps.js';
import { AdvancingClock } from './testing/advancing-clock.js';
import { outgoing } from './testing/outgoing.js';
import { createAzureServiceBusTransport } from './transports/azure-service-bus/index.js';

/** How long a lock lasts, in milliseconds. */
const lockMs = 60_000;

// Without duplicate detection: copies arrive.
const queue = { Name: 'work', Properties: { LockDuration: 'PT1M', MaxDeliveryCount: 10 } };
const topology = parseTopology(JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'group', Queues: [queue] }] } }));

let database: MessagingDatabase;
let broker: Broker;
let clock: AdvancingClock;
let transport: ReturnType<typeof createAzureServiceBusTransport>;
let consumer: Consumer | undefined;
/** What was committed, or tried to be: the ids of each group, or one id alone. */
let tried: (string | readonly string[])[];
/** Runs in each transaction, after its effects. */
let during: (ids: readonly string[], tx: SqlTransaction) => Promise<unknown>;

beforeAll(async () => {
  database = await createMessagingDatabase();
  // Without a key: a second effect would be seen.
  await database.pool.query('CREATE TABLE handled (id text)');
});

beforeEach(async () => {
  await database.clear();
  await database.pool.query('TRUNCATE handled');
  broker = await startBroker({ topology, enforceIdleTimeouts: false });
  clock = new AdvancingClock();
  transport = createAzureServiceBusTransport({ connectionString: broker.connectionString }, { clock });
  tried = [];
  during = async () => undefined;
});

afterEach(async () => {
  await consumer?.stop(0);
  consumer = undefined;
  await transport.close();
  await broker.close();
});

afterAll(() => database.drop());

/** Sends these, and handles them: all have prepared before any of them is committed. Each may be tried so many times more. */
async function run(messages: readonly { readonly id: string; readonly key?: string }[], retries = 0): Promise<void> {
  const { inbox, outbox } = createPostgresMessaging({ pool: database.pool });
  const allPrepared = Promise.withResolvers<void>();
  let prepared = 0;
  const write = async (all: readonly Message[], tx: SqlTransaction): Promise<void> => {
    const ids = all.map(({ id }) => id);
    await tx.query('INSERT INTO handled SELECT unnest($1::text[])', [ids]);
    await outbox.add(
      tx,
      ids.map((id) => outgoing(`${id}-done`)),
    );
    await during(ids, tx);
  };
  const steps: Steps<unknown, undefined, SqlTransaction> = {
    inbox,
    consumer: 'group',
    async prepare() {
      prepared += 1;
      if (prepared === messages.length) allPrepared.resolve();
      return allPrepared.promise as Promise<undefined>;
    },
    async commit(_, tx, message) {
      tried.push(message.id);
      await write([message], tx);
    },
    async commitMany(all, tx) {
      tried.push(all.map(({ message }) => message.id));
      await write(
        all.map(({ message }) => message),
        tx,
      );
    },
  };
  await transport.send(messages.map(({ id, key = id }) => outgoing(id, { orderingKey: key })));
  consumer = await startConsumer({
    transport,
    queue: 'work',
    handlers: [handle({ type: 'work.do', version: 1, kind: 'command', parse: (value) => value }, steps)],
    policy: { immediate: [], delayed: Array<number>(retries).fill(1), jitter: 'none' },
    failures: postgresFailures,
    concurrency: 16,
    clock,
    onError: () => undefined,
  });
}

async function handled(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM handled ORDER BY id');
  return rows.map(({ id }) => id);
}

/** The ids of the messages in the outbox. */
async function outgoingIds(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: string }>('SELECT message_id AS id FROM outbox ORDER BY message_id');
  return rows.map(({ id }) => id);
}

async function isSettled(): Promise<void> {
  const { main } = broker.namespace.registry.get('work');
  const left = (): number => main.counts.active + main.counts.scheduled + main.counts.deferred;
  // A test that was given up has stopped its consumer.
  while (left() > 0 && consumer !== undefined) await new Promise(setImmediate);
}

async function deadLetters(): Promise<readonly string[]> {
  const { letters } = await transport.deadLetters.peek('work', { limit: 10 });
  return letters.map(({ id }) => id);
}

it('a message that the database refuses, in the middle of a group, is the only one that is dead-lettered', async () => {
  during = async (ids, tx) => ids.includes('bad') && tx.query('SELECT 1 / 0');
  await run(['a', 'b', 'bad', 'd', 'e'].map((id) => ({ id })));
  await isSettled();
  expect(tried[0]).toEqual(['a', 'b', 'bad', 'd', 'e']);
  expect([...tried.slice(1)].sort()).toEqual(['a', 'b', 'bad', 'd', 'e']);
  expect(await handled()).toEqual(['a', 'b', 'd', 'e']);
  expect(await outgoingIds()).toEqual(['a-done', 'b-done', 'd-done', 'e-done']);
  expect(await deadLetters()).toEqual(['bad']);
});

it('a copy in the same group is settled and has no effect', async () => {
  await run([{ id: 'a', key: 'x' }, { id: 'a', key: 'y' }, { id: 'b' }, { id: 'c' }]);
  await isSettled();
  expect(tried).toEqual([['a', 'b', 'c']]);
  expect(await handled()).toEqual(['a', 'b', 'c']);
  expect(await outgoingIds()).toEqual(['a-done', 'b-done', 'c-done']);
  expect(await deadLetters()).toEqual([]);
});

it('locks that are lost while a group is written undo it, and what comes again does not wait for it', async () => {
  const written = Promise.withResolvers<void>();
  during = () => {
    written.resolve();
    return new Promise(() => {});
  };
  await run([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 3);
  await written.promise;
  during = async () => undefined;
  broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
  // The renewal at half of the lock finds out.
  for (let passed = 0; passed < lockMs; passed += lockMs / 8) {
    broker.clock.advance(lockMs / 8);
    clock.advance(lockMs / 8);
    await transport.deadLetters.peek('work', { limit: 1 });
  }
  await isSettled();
  expect(tried[0]).toEqual(['a', 'b', 'c']);
  expect(tried.length).toBeGreaterThan(1);
  expect(await handled()).toEqual(['a', 'b', 'c']);
  expect(await outgoingIds()).toEqual(['a-done', 'b-done', 'c-done']);
  expect(await deadLetters()).toEqual([]);
});

it('what a group has committed is a duplicate when its settlements were lost', async () => {
  const committed = Promise.withResolvers<void>();
  during = async (_, tx) =>
    (tx as SqlTransaction & { afterCommit(run: () => void): void }).afterCommit(() => {
      // Before anything can be settled.
      broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
      committed.resolve();
    });
  await run([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 3);
  await committed.promise;
  await isSettled();
  expect(tried).toEqual([['a', 'b', 'c']]);
  expect(await handled()).toEqual(['a', 'b', 'c']);
  expect(await deadLetters()).toEqual([]);
});

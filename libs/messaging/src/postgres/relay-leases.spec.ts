import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { BUCKETS, bucketOf } from '../outbox/bucket.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { ManualClock } from '../testing/manual-clock.js';
import { outgoing } from '../testing/outgoing.js';
import { type Transport, TransportError } from '../transport.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import type { Relay } from '../outbox/relay-health.js';
import type { RelayOptions } from './relay-options.js';
import { until } from '../testing/until.js';

const leaseMs = 15_000;
const sweepMs = 3_000;

let database: MessagingDatabase;
let messaging: PostgresMessaging;
let clock: ManualClock;
const relays: Relay[] = [];
const blockers: pg.PoolClient[] = [];

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
  messaging = createPostgresMessaging({ pool: database.pool });
  clock = new ManualClock();
});

afterEach(async () => {
  await unblock();
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

afterAll(() => database.drop());

function start(send: Transport['send'], options: Partial<RelayOptions> = {}, of = messaging): Relay {
  const onError = (): void => undefined;
  const relay = of.startRelay({
    transport: { send },
    onError,
    clock,
    leaseMs,
    sweepMs,
    random: () => 0.5,
    ...options,
  });
  relays.push(relay);
  return relay;
}

const add = (...messages: readonly (readonly [id: string, key: string])[]): Promise<void> =>
  messaging.transaction((tx) =>
    messaging.outbox.add(
      tx,
      messages.map(([id, orderingKey]) => outgoing(id, { orderingKey })),
    ),
  );

/** Lets every renewal wait from now on, while everything else goes on. */
async function blockRenewals(): Promise<void> {
  const client = await database.pool.connect();
  blockers.push(client);
  await client.query('BEGIN');
  await client.query('LOCK TABLE outbox_relays IN EXCLUSIVE MODE');
}

async function unblock(): Promise<void> {
  for (const client of blockers.splice(0)) {
    await client.query('ROLLBACK');
    client.release();
  }
}

const empty = async (): Promise<boolean> => (await messaging.outbox.backlog()).rows === 0;

/** What could be sent without time going on has been sent by then. */
async function quiet(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await database.pool.query('SELECT 1');
}

const holders = async (): Promise<number[]> =>
  (
    await database.pool.query<{ buckets: number }>(
      'SELECT count(*)::int AS buckets FROM outbox_buckets WHERE leased_by IS NOT NULL GROUP BY leased_by ORDER BY 1',
    )
  ).rows.map(({ buckets }) => buckets);

const isListening = async (): Promise<boolean> =>
  (
    await database.pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'",
    )
  ).rowCount === 1;

const leasedUntil = async (): Promise<unknown> =>
  (await database.pool.query('SELECT min(leased_until)::text AS min FROM outbox_buckets')).rows[0]?.min;

/** A key of this bucket. */
function keyIn(bucket: number): string {
  for (let n = 0; ; n += 1) if (bucketOf(`key-${n}`) === bucket) return `key-${n}`;
}

describe('a relay that cannot renew its leases', () => {
  it.each([
    ['', 0, 1],
    [', also when its time was set back', -3_600_000, 1],
    // What a machine that slept sees: only the time of day went on.
    [', also while it slept', 3_600_000, 0],
  ])('sends nothing once they end%s, and goes on when they are renewed', async (_, setBy, lastsMs) => {
    const { send, ids } = recordingSend();
    const relay = start(send);
    await until(() => relay.health().buckets === BUCKETS);
    await blockRenewals();
    await clock.advance(leaseMs - 1);
    await add(['in time', 'a']);
    await until(empty);

    clock.set(setBy);
    await clock.advance(lastsMs);
    expect(relay.health().buckets).toBe(0);
    await add(['late', 'a']);
    await clock.advance(sweepMs);
    await quiet();
    expect(ids()).toEqual(['in time']);

    await unblock();
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    expect(ids()).toEqual(['in time', 'late']);
  });

  it('counts a lease from when it was asked for, not from the answer', async () => {
    const relay = start(recordingSend().send);
    await until(() => relay.health().buckets === BUCKETS);
    await blockRenewals();
    await clock.advance(leaseMs);
    expect(relay.health().buckets).toBe(0);
    // Asked for after a third of the lease, answered after the whole of it.
    await unblock();
    await until(() => relay.health().buckets === BUCKETS);
    await blockRenewals();
    await clock.advance(leaseMs / 3 - 1);
    expect(relay.health().buckets).toBe(BUCKETS);
    await clock.advance(1);
    expect(relay.health().buckets).toBe(0);
  });

  it('does not begin another part of a batch after their end', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const sends: string[][] = [];
    const errors: unknown[] = [];
    const key = keyIn(0);
    await add(['a', key], ['b', key]);
    const send: Transport['send'] = async (messages) => {
      sends.push(messages.map(({ envelope }) => envelope.id));
      if (sends.length > 1) return;
      begun.resolve();
      await gate.promise;
      throw new TransportError('BrokerError', 'It went wrong.', true);
    };
    start(send, { answerWithinMs: 2 * leaseMs, onError: (error) => errors.push(error) });
    await begun.promise;
    await blockRenewals();
    await clock.advance(leaseMs);
    gate.resolve();
    await until(() => errors.length > 0);
    expect(errors).toEqual([expect.objectContaining({ code: 'Closed', retryable: true })]);
    expect(sends).toEqual([['a', 'b']]);
    expect((await messaging.outbox.backlog()).heldKeys).toBe(0);

    await unblock();
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    // One by one where the leases are back before the broker is asked again by a single message.
    expect(sends.slice(1).flat()).toEqual(['a', 'b']);
  });

  it('says so, until they are renewed', async () => {
    const relay = start(recordingSend().send);
    await until(() => relay.health().buckets === BUCKETS);
    await database.pool.query('ALTER TABLE outbox_relays RENAME TO hidden');
    try {
      await clock.advance(leaseMs / 3);
      await until(() => relay.health().state === 'degraded');
      expect(relay.health()).toEqual({
        state: 'degraded',
        buckets: BUCKETS,
        detail: expect.stringContaining('outbox_relays'),
      });
    } finally {
      await database.pool.query('ALTER TABLE hidden RENAME TO outbox_relays');
    }
    await clock.advance(leaseMs / 3);
    await until(() => relay.health().state === 'running');
  });
});

describe('a relay', () => {
  it('renews its leases at a third of their time', async () => {
    const relay = start(recordingSend().send);
    await until(() => relay.health().buckets === BUCKETS);
    const first = await leasedUntil();
    await clock.advance(leaseMs / 3 - 1);
    await quiet();
    expect(await leasedUntil()).toBe(first);
    await clock.advance(1);
    await until(async () => (await leasedUntil()) !== first);
  });

  it('finds by its sweeps what nobody woke it for', async () => {
    const { send, ids } = recordingSend();
    // Renewals wake as well: they have to be rarer here.
    const relay = start(send, { leaseMs: 3_600_000 });
    await until(async () => relay.health().buckets === BUCKETS && (await isListening()));
    await quiet();
    for (const id of ['first', 'second', 'third']) {
      // One key, hence one worker: the other may still be at its last look when a message is gone.
      await messaging.outbox.add(database.pool, [outgoing(id, { orderingKey: 'a' })]);
      await clock.advance(sweepMs - 1);
      await quiet();
      expect(ids()).not.toContain(id);
      await clock.advance(1);
      await until(empty);
    }
    expect(ids()).toEqual(['first', 'second', 'third']);
  });

  it('does not let a full bucket starve another', async () => {
    const full = keyIn(0);
    await add(
      ...Array.from({ length: 60 }, (_, n) => [`full-${n}`, full] as const),
      ...([['other', keyIn(2)]] as const),
    );
    const { send, ids } = recordingSend();
    start(send, { batch: 2 });
    await until(empty);
    expect(ids().indexOf('other')).toBeLessThan(60);
    expect(ids().filter((id) => id !== 'other')).toEqual(Array.from({ length: 60 }, (_, n) => `full-${n}`));
  });

  it('keeps a bucket that another relay shall have until its batch in flight has ended', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const sent: string[] = [];
    await add(['m', keyIn(BUCKETS - 1)]);
    const first = start(
      async (messages) => {
        sent.push(...messages.map(({ envelope }) => envelope.id));
        begun.resolve();
        await gate.promise;
      },
      { answerWithinMs: leaseMs },
    );
    await begun.promise;
    const heir = recordingSend();
    const second = start(heir.send, { clock: new ManualClock() });
    const relaysKnown = 'SELECT count(*)::int AS count FROM outbox_relays';
    await until(async () => (await database.pool.query(relaysKnown)).rows[0]?.count === 2);
    await clock.advance(leaseMs / 3);
    await until(() => first.health().buckets === BUCKETS / 2);
    await quiet();
    expect(await holders()).toEqual([BUCKETS]);
    expect(second.health().buckets).toBe(0);

    gate.resolve();
    await until(async () => (await holders()).join() === String(BUCKETS / 2));
    expect(await empty()).toBe(true);
    expect([sent, heir.ids()]).toEqual([['m'], []]);
  });

  it('leaves everything alone once it was stopped', async () => {
    const pool = new pg.Pool(database.pool.options);
    const errors: unknown[] = [];
    const other = createPostgresMessaging({ pool });
    const relay = start(recordingSend().send, { onError: (error) => errors.push(error) }, other);
    await until(() => relay.health().buckets === BUCKETS);
    await relay.stop();
    expect(await holders()).toEqual([]);
    expect(relay.health()).toEqual({ state: 'stopped', buckets: 0, detail: 'The relay was stopped.' });
    // Whoever asks it again gets an error.
    await pool.end();
    await clock.advance(10 * leaseMs);
    relay.wake();
    other.wake();
    await quiet();
    expect(errors).toEqual([]);
  });
});

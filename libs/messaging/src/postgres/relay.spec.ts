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

let database: MessagingDatabase;
let messaging: PostgresMessaging;
const relays: Relay[] = [];
const pools: pg.Pool[] = [];

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
  messaging = createPostgresMessaging({ pool: database.pool });
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

afterAll(() => database.drop());

function start(send: Transport['send'], options: Partial<RelayOptions> = {}, of = messaging): Relay {
  const relay = of.startRelay({ transport: { send }, onError: () => undefined, ...options });
  relays.push(relay);
  return relay;
}

/** Another process: a pool and a messaging of its own, so that no wake in this process reaches it. */
function otherProcess(): PostgresMessaging {
  const pool = new pg.Pool({ ...database.pool.options, application_name: 'other process' });
  pool.on('error', () => undefined);
  pools.push(pool);
  return createPostgresMessaging({ pool });
}

const add = (...ids: readonly (readonly [id: string, key: string])[]): Promise<void> =>
  messaging.transaction((tx) =>
    messaging.outbox.add(
      tx,
      ids.map(([id, orderingKey]) => outgoing(id, { orderingKey })),
    ),
  );

const leases = async (): Promise<number[]> =>
  (
    await database.pool.query<{ buckets: number }>(
      `SELECT count(*)::int AS buckets FROM outbox_buckets WHERE leased_until > now() GROUP BY leased_by ORDER BY 1`,
    )
  ).rows.map(({ buckets }) => buckets);

const empty = async (): Promise<boolean> => (await messaging.outbox.backlog()).rows === 0;

describe('the relay', () => {
  it('sends what was there before it, and what a commit wakes it for, without waiting for a sweep', async () => {
    await add(['before', 'a']);
    const { send, ids } = recordingSend();
    const relay = start(send, { clock: new ManualClock() });
    await until(empty);
    await add(['after', 'a']);
    await until(empty);
    expect(ids()).toEqual(['before', 'after']);
    expect(relay.health()).toEqual({ state: 'running', buckets: BUCKETS });
  });

  it('keeps the order of every key under concurrent writers, with small batches', async () => {
    const { send, sent } = recordingSend();
    start(send, { batch: 7, clock: new ManualClock() });
    const writer = async (key: string): Promise<void> => {
      for (let n = 0; n < 20; n += 1) await add([`${key}-${n}`, key]);
    };
    const keys = Array.from({ length: 8 }, (_, index) => `key${index}`);
    await Promise.all(keys.map(writer));
    await until(empty);
    for (const key of keys) {
      const numbers = sent.filter(({ envelope }) => envelope.orderingKey === key).map(({ envelope }) => envelope.id);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => `${key}-${n}`));
    }
  });

  it('keeps four batches in flight, never two of one bucket', async () => {
    const keys = Array.from({ length: BUCKETS * 4 }, (_, index) => `key${index}`);
    await add(...keys.map((key) => [key, key] as const));
    const inFlight = new Set<number>();
    let most = 0;
    let batches = 0;
    const four = Promise.withResolvers<void>();
    start(
      async (messages) => {
        const buckets = new Set(messages.map(({ envelope }) => bucketOf(envelope.orderingKey ?? '')));
        for (const bucket of buckets) {
          expect(inFlight.has(bucket)).toBe(false);
          inFlight.add(bucket);
        }
        batches += 1;
        most = Math.max(most, batches);
        await four.promise;
        await database.pool.query('SELECT pg_sleep(0.02)');
        batches -= 1;
        for (const bucket of buckets) inFlight.delete(bucket);
      },
      { batch: 5, clock: new ManualClock() },
    );
    await until(() => most === 4).finally(four.resolve);
    await until(empty);
    expect(most).toBe(4);
  });

  it('waits while the broker is away, says so, and goes on by itself when it is back', async () => {
    let away = true;
    const recorded = recordingSend(() =>
      away ? new TransportError('Unreachable', 'Connection refused.', true) : undefined,
    );
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const relay = start(recorded.send, { clock, onError: (error) => errors.push(error) });
    await add(['a', 'a'], ['b', 'b']);
    await until(() => relay.health().state === 'degraded');
    expect(relay.health()).toMatchObject({
      detail: 'queue work: Unreachable: Connection refused.',
      troubles: [{ destination: 'queue work', code: 'Unreachable', detail: 'Connection refused.' }],
    });
    expect(recorded.ids()).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);

    away = false;
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    await until(() => relay.health().state === 'running');
    expect(recorded.ids().sort()).toEqual(['a', 'b']);
  });

  it('tries a held key again after its backoff, in order', async () => {
    let refuse = 1;
    const { send, ids } = recordingSend(({ envelope }) =>
      envelope.id === 'a1' && refuse-- > 0 ? new TransportError('BrokerError', 'It went wrong.', true) : undefined,
    );
    await add(['a1', 'a'], ['b1', 'b'], ['a2', 'a']);
    refuse = 4;
    start(send);
    await until(empty);
    expect(ids().filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2']);
    expect(ids()[0]).toBe('b1');
    expect((await messaging.outbox.backlog()).heldKeys).toBe(0);
  });

  it('sets a message aside that no broker takes, and sends its successors at once', async () => {
    const { send, ids } = recordingSend(({ envelope }) =>
      envelope.id === 'huge' ? new TransportError('MessageTooLarge', '2 MB are too much.', false) : undefined,
    );
    await add(['before', 'a'], ['huge', 'a'], ['after', 'a']);
    // No sweep comes to its help.
    start(send, { clock: new ManualClock() });
    await until(empty);
    expect(ids()).toEqual(['before', 'after']);
    expect(await messaging.outbox.backlog()).toMatchObject({ dead: 1, heldKeys: 0 });
  });

  it('shares the buckets with a second relay, and gets them back when that one stops', async () => {
    const clock = new ManualClock();
    // Short steps: a renewal takes a few of them, and must end well within the lease that it renews.
    const renew = () => clock.advance(200);
    const first = start(recordingSend().send, { clock });
    await until(async () => (await leases()).join() === '16');
    const other = otherProcess();
    const second = start(recordingSend().send, { clock, ...other });
    await until(async () => {
      await renew();
      return (await leases()).join() === '8,8' && first.health().buckets === 8;
    });
    await second.stop();
    await until(async () => {
      await renew();
      return (await leases()).join() === '16';
    });
  });

  it('sends everything once while two relays share the work', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    start(send, { batch: 10, clock });
    start(send, { batch: 10, clock }, otherProcess());
    await until(async () => {
      await clock.advance(200);
      return (await leases()).join() === '8,8';
    });
    const keys = Array.from({ length: 200 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key) => add([`${key}-1`, key], [`${key}-2`, key])));
    await until(async () => {
      await clock.advance(100);
      return await empty();
    });
    expect(ids()).toHaveLength(400);
    for (const key of keys) expect(ids().indexOf(`${key}-1`)).toBeLessThan(ids().indexOf(`${key}-2`));
  });

  it('takes over from a relay that died while it was sending, and sends again with the same ids', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const dying = recordingSend();
    await add(['a1', 'a'], ['a2', 'a']);
    start(
      async (messages) => {
        await dying.send(messages);
        begun.resolve();
        await gate.promise;
      },
      // A clock that nobody moves: it renews nothing any more.
      { clock: new ManualClock() },
    );
    await begun.promise;
    await database.pool.query("UPDATE outbox_buckets SET leased_until = now() - interval '1 second'");
    await database.pool.query("UPDATE outbox_relays SET seen_until = now() - interval '1 second'");

    const heir = recordingSend();
    const other = otherProcess();
    start(heir.send, { clock: new ManualClock() }, other);
    await until(empty);
    expect(heir.ids()).toEqual(['a1', 'a2']);

    // The dead one comes back to life and believes in its leases still: it must not remove what belongs to another.
    gate.resolve();
    await other.transaction((tx) => other.outbox.add(tx, [outgoing('a3', { orderingKey: 'a' })]));
    await until(() => heir.ids().length === 3);
    expect(heir.ids()).toEqual(['a1', 'a2', 'a3']);
    expect(dying.ids().slice(0, 2)).toEqual(['a1', 'a2']);
  });

  it('hears of another process by notification, also after its listening connection was cut', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const listener = otherProcess();
    start(send, { clock, sweepMs: 3_600_000, ...listener, onError: (error) => errors.push(error) });
    await until(async () => (await leases()).join() === '16');
    // A relay that holds nothing has to notify the one that does.
    start(send, { clock: new ManualClock() });
    await until(async () => (await listeners()).length === 2);
    await add(['first', 'a']);
    await until(empty);

    for (const pid of await listeners()) await database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    // Both have to be gone before time goes on: the other relay's clock stands still, so one at most comes back.
    await until(async () => errors.length > 0 && (await listeners()).length === 0);
    await until(async () => {
      await clock.advance(1_000);
      return (await listeners()).length === 1;
    });
    await add(['second', 'a']);
    await until(empty);
    expect(ids()).toEqual(['first', 'second']);
  });

  it('goes on after all of its connections were cut', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    start(send, { clock }, otherProcess());
    await until(async () => (await leases()).join() === '16' && (await listeners()).length === 1);
    const others = "FROM pg_stat_activity WHERE application_name = 'other process'";
    const cut = async (): Promise<number> =>
      (await database.pool.query(`SELECT pg_terminate_backend(pid) ${others}`)).rowCount ?? 0;
    expect(await cut()).toBeGreaterThan(1);
    // Ending takes the server a moment, and a look that was under way may open one more. The clock stands still: the
    // relay does not connect again by itself meanwhile.
    await until(async () => (await cut()) === 0);
    await add(['a', 'a']);
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    expect(ids()).toEqual(['a']);
  });

  it('stops after the batch in flight, and leaves nothing leased', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await add(['a', 'a']);
    const relay = start(async () => {
      begun.resolve();
      await gate.promise;
    });
    await begun.promise;
    const stopped = relay.stop();
    expect(relay.health().state).toBe('stopped');
    gate.resolve();
    await stopped;
    expect(await empty()).toBe(true);
    expect(await leases()).toEqual([]);
  });
});

const listeners = async (): Promise<number[]> =>
  (
    await database.pool.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
  ).rows.map(({ pid }) => pid);

import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import pg from 'pg';
import type { Relay } from '../src/outbox/relay-health.js';
import { createPostgresMessaging, type PostgresMessaging } from '../src/postgres/postgres-messaging.js';
import type { RelayOptions } from '../src/postgres/relay-options.js';
import { outgoing } from '../src/testing/outgoing.js';
import type { Transport } from '../src/transport.js';
import { createMessagingDatabase, type MessagingDatabase } from './messaging-database.js';

/** Relays on a database of the spec that calls it, which is empty before each test; they are stopped after it. */
export function useRelays() {
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

  return {
    get database() {
      return database;
    },

    get messaging() {
      return messaging;
    },

    start(send: Transport['send'], options: Partial<RelayOptions> = {}, of = messaging): Relay {
      const relay = of.startRelay({ transport: { send }, onError: () => undefined, ...options });
      relays.push(relay);
      return relay;
    },

    /** Another process: a pool and a messaging of its own, so that no wake in this process reaches it. */
    otherProcess(): PostgresMessaging {
      const pool = new pg.Pool({ ...database.pool.options, application_name: 'other process' });
      pool.on('error', () => undefined);
      pools.push(pool);
      return createPostgresMessaging({ pool });
    },

    add: (...ids: readonly (readonly [id: string, key: string])[]): Promise<void> =>
      messaging.transaction((tx) =>
        messaging.outbox.add(
          tx,
          ids.map(([id, orderingKey]) => outgoing(id, { orderingKey })),
        ),
      ),

    /** How many buckets each relay holds. */
    leases: async (): Promise<number[]> =>
      (
        await database.pool.query<{ buckets: number }>(
          `SELECT count(*)::int AS buckets FROM outbox_buckets WHERE leased_until > now() GROUP BY leased_by ORDER BY 1`,
        )
      ).rows.map(({ buckets }) => buckets),

    empty: async (): Promise<boolean> => (await messaging.outbox.backlog()).rows === 0,
  };
}

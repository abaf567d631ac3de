import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import type { BatchResult } from '../outbox/batch-result.js';
import { BUCKETS, bucketOf } from '../outbox/bucket.js';
import { retryPolicy } from '../retry/retry-policy.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { type Transport, TransportError } from '../transport.js';
import { BucketClaims } from './bucket-claims.js';
import { BucketLeases, type Lease } from './bucket-leases.js';
import { readBacklog } from './outbox-backlog.js';
import { waitingDestinations } from './outbox-read.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import { sendBatch } from './send-batch.js';
import { Turns } from './turns.js';

const LONG = 200_000;
const SOME = 50_000;
/** No held key comes due while a test runs. */
const policy = retryPolicy({ delayed: { baseMs: 3_600_000, factor: 1, capMs: 3_600_000, retries: 99 } });

let database: MessagingDatabase;
let messaging: PostgresMessaging;
let leases: readonly Lease[];

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
  messaging = createPostgresMessaging({ pool: database.pool });
  leases = await new BucketLeases(database.pool, 'me', 60_000).take(BUCKETS);
});

afterAll(() => database.drop());

/** So many messages for a queue, of one key, or each of its own. */
async function fill(count: number, queue: string, key?: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO outbox (bucket, destination_kind, destination, message_id, ordering_key, type, version, source, time,
                         content_type, headers, body)
     SELECT coalesce($3::int, n % ${BUCKETS}), 'queue', $2, 'm-' || n, coalesce($4, 'key-' || n), 't', 1, '/spec',
            '2026-01-01T00:00:00Z', 'text/plain', '{}', 'x'
     FROM generate_series(1, $1) n`,
    [count, queue, key === undefined ? null : bucketOf(key), key ?? null],
  );
}

/**
 * How many rows of the outbox's tables `work` reads. It is given a pool of one connection with a transaction open: the
 * database counts by transaction.
 */
async function rowsRead(work: (pool: pg.Pool) => Promise<unknown>): Promise<number> {
  const pool = new pg.Pool({ ...database.pool.options, max: 1 });
  try {
    await pool.query('BEGIN');
    await work(pool);
    const { rows } = await pool.query(
      `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE relname LIKE 'outbox%'`,
    );
    await pool.query('COMMIT');
    return rows[0].read;
  } finally {
    await pool.end();
  }
}

const batch = (pool: pg.Pool, send: Transport['send']): Promise<BatchResult> =>
  sendBatch({
    transport: {},
    onLateError: (error) => {
      throw error;
    },
    pool,
    destination: { queue: 'work' },
    leases,
    claims: new BucketClaims(),
    limit: 500,
    send,
    policy,
    random: () => 0.5,
    turns: new Turns(),
  });

describe('what an outbox costs', () => {
  it('is bounded behind a held key with 200,000 messages: they are passed once, some thousands at a time', async () => {
    await fill(LONG, 'work', 'held');
    const odd = new TransportError('BrokerError', 'It went wrong.', true);
    const { send, ids } = recordingSend(({ envelope }) => (envelope.orderingKey === 'held' ? odd : undefined));
    await messaging.transaction((tx) =>
      messaging.outbox.add(tx, [outgoing('behind', { orderingKey: keyBeside('held') })]),
    );
    let passes = 0;
    for (let more = true; more; passes += 1) {
      let result: BatchResult | undefined;
      const read = await rowsRead(async (pool) => (result = await batch(pool, send)));
      expect(read).toBeLessThan(30_000);
      more = result?.more === true || (result?.errors.length ?? 0) > 0;
    }
    expect(ids()).toEqual(['behind']);
    expect(passes).toBeLessThan(50);
    expect(await rowsRead((pool) => batch(pool, send))).toBeLessThan(100);
    expect(await messaging.outbox.backlog()).toMatchObject({ heldKeys: 1, heldRows: 10_000, isEstimate: true });
    await database.pool.query('UPDATE outbox_holds SET due = now()');
    expect(await rowsRead((pool) => batch(pool, recordingSend().send))).toBeLessThan(5_000);
    expect(await messaging.outbox.backlog()).toMatchObject({ heldKeys: 1 });
  });

  it('is bounded for a batch, for the destinations and for the backlog of 50,000 messages', async () => {
    await fill(SOME, 'elsewhere');
    await fill(3, 'work');
    const buckets = leases.map(({ bucket }) => bucket);
    expect(await rowsRead((pool) => batch(pool, recordingSend().send))).toBeLessThan(100);
    expect(await rowsRead((pool) => waitingDestinations(pool, buckets))).toBeLessThan(200);
    expect(await waitingDestinations(database.pool, buckets)).toEqual([{ queue: 'elsewhere' }]);
    expect(await rowsRead((pool) => readBacklog(pool))).toBeLessThan(11_000);
    expect(await messaging.outbox.backlog()).toMatchObject({ rows: SOME, isEstimate: true });
    await database.pool.query('ANALYZE outbox');
    expect(await messaging.outbox.backlog()).toMatchObject({ rows: SOME, isEstimate: true, heldKeys: 0, dead: 0 });
  });

  it('is exact below 10,001 messages', async () => {
    await fill(10_000, 'work');
    expect(await messaging.outbox.backlog()).toMatchObject({ rows: 10_000, isEstimate: false });
  });
});

/** Another key in the same bucket. */
function keyBeside(key: string): string {
  for (let n = 0; ; n += 1) if (bucketOf(`beside-${n}`) === bucketOf(key)) return `beside-${n}`;
}

it('sets one message of 10,000 aside that no broker takes, and sends the others', async () => {
  await fill(10_000, 'work');
  const { send, sent } = recordingSend(({ envelope }) =>
    envelope.id === 'm-4321' ? new TransportError('InvalidMessage', 'Bad\0header \ud800.', false) : undefined,
  );
  const relay = messaging.startRelay({ transport: { send }, onError: () => undefined });
  await new BucketLeases(database.pool, 'me', 60_000).leave();
  const deadline = performance.now() + 45_000;
  while ((await messaging.outbox.backlog()).rows > 0 && performance.now() < deadline) relay.wake();
  await relay.stop();
  expect(sent).toHaveLength(9_999);
  expect(await messaging.outbox.backlog()).toMatchObject({ rows: 0, heldKeys: 0, dead: 1 });
  expect((await messaging.outbox.setAside.list()).messages).toMatchObject([
    { messageId: 'm-4321', reason: 'Bad\uFFFDheader \uFFFD.' },
  ]);
});

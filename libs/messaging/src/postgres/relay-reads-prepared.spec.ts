import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { BUCKETS, bucketOf } from '../outbox/bucket.js';
import type { Relay } from '../outbox/relay-health.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import { readRows, settingsToRead } from './outbox-read.js';
import { preparing } from './preparing-client.js';
import { readingOn } from './reading-connection.js';
import { until } from '../testing/until.js';

let database: MessagingDatabase;
let pool: pg.Pool;
let messaging: PostgresMessaging;
let relay: Relay | undefined;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  await database.clear();
});

afterEach(async () => {
  await relay?.stop();
  relay = undefined;
  await pool?.end();
});

afterAll(() => database.drop());

function start(Client: typeof pg.Client | undefined) {
  const recording = recordingSend();
  pool = new pg.Pool({
    ...database.pool.options,
    password: database.pool.options.password,
    application_name: 'reader',
    ...(Client && { Client }),
  });
  pool.on('error', () => undefined);
  messaging = createPostgresMessaging({ pool });
  relay = messaging.startRelay({ transport: recording, onError: () => undefined });
  return recording;
}

const add = (id: string) => messaging.transaction((tx) => messaging.outbox.add(tx, [outgoing(id)]));

/** Connections whose last statement was a read of the outbox, by their process. */
async function readers(): Promise<readonly number[]> {
  const { rows } = await database.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE application_name = 'reader' AND state = 'idle' AND query LIKE '%FROM outbox_holds%ANY($1::smallint[])%'`,
  );
  return rows.map(({ pid }) => pid);
}

/** Adds messages until one was read on the relay's own connection. */
async function untilPrepared(ids: () => readonly string[], prefix: string): Promise<number> {
  for (let n = 0; ; n += 1) {
    await add(`${prefix}-${n}`);
    await until(() => ids().includes(`${prefix}-${n}`));
    const [pid] = await readers();
    if (pid !== undefined) return pid;
  }
}

describe('a relay whose connections keep prepared statements', () => {
  it('reads on one of its own, and goes on when that is lost, by the pool and then by a new one', async () => {
    const { ids } = start(preparing());
    const pid = await untilPrepared(ids, 'before');
    await database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(async () => (await readers()).length === 0);
    await add('meanwhile');
    await until(() => ids().includes('meanwhile'));
    const next = await untilPrepared(ids, 'after');
    expect(next).not.toBe(pid);
    expect(new Set(ids()).size).toBe(ids().length);
    expect((await messaging.outbox.backlog()).rows).toBe(0);
  });
});

it('reads by the pool where connections keep nothing, and leaves no setting behind', async () => {
  const { ids } = start(undefined);
  for (let n = 0; n < 5; n += 1) {
    await add(`m-${n}`);
    await until(() => ids().includes(`m-${n}`));
  }
  expect(await readers()).toEqual([]);
  const { rows } = await pool.query(`SELECT current_setting('enable_sort') AS sort, current_setting('jit') AS jit`);
  expect(rows).toEqual([{ sort: 'on', jit: (await database.pool.query('SHOW jit')).rows[0].jit }]);
});

it.each([false, true])(
  'reads no more of a long outbox, which was empty when it was planned; a backlog: %s',
  async (isBacklog) => {
    pool = new pg.Pool({ ...database.pool.options, password: database.pool.options.password, max: 1 });
    const Client = preparing();
    const reading = new Client({ ...database.pool.options, password: database.pool.options.password });
    const from = { pool, reading: readingOn(reading) };
    await reading.connect();
    try {
      // What it is as long as nobody has looked: empty.
      await database.pool.query('ALTER TABLE outbox SET (autovacuum_enabled = off)');
      await database.pool.query('VACUUM ANALYZE outbox');
      await reading.query(settingsToRead.join('; '));
      const leases = Array.from({ length: BUCKETS }, (_, bucket) => ({ bucket, token: '1' }));
      const share = { destination: { queue: 'work' }, leases };
      const read = (limit: number) => readRows(from, share, { limit, isBacklog });
      expect((await read(10)).rows).toEqual([]);
      const held = bucketOf('held');
      await database.pool.query(
        `INSERT INTO outbox (bucket, destination_kind, destination, message_id, ordering_key, type, version, source, time,
                           content_type, headers, body)
       SELECT CASE n % 10 WHEN 0 THEN $1::int - 16 ELSE n % ${BUCKETS} END, 'queue',
              CASE WHEN n > 20000 THEN 'work' ELSE 'elsewhere' END, 'm-' || n,
              CASE n % 10 WHEN 0 THEN 'held' ELSE 'key-' || n END, 't', 1, '/spec',
              '2026-01-01T00:00:00Z', 'text/plain', '{}', 'x' FROM generate_series(1, 40000) n`,
        [held],
      );
      await database.pool.query(
        `INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, due, last_error)
       VALUES ($1, 'held', 3, 'infinity', now(), 'x')`,
        [held],
      );
      await reading.query('BEGIN');
      const { rows, more } = await read(20);
      const ofFirstBucket = Array.from({ length: 400 }, (_, n) => 20_001 + n)
        .filter((n) => n % BUCKETS === 0 && n % 10 !== 0)
        .map((n) => `m-${n}`);
      const [cost] = (
        await reading.query(
          `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read
         FROM pg_stat_xact_user_tables WHERE relname LIKE 'outbox%'`,
        )
      ).rows;
      await reading.query('COMMIT');
      expect(more).toBe(true);
      expect(rows.map(({ outgoing: { envelope } }) => envelope.id)).toEqual([
        ...Array.from({ length: 10 }, (_, n) => `m-${20_010 + 10 * n}`),
        ...ofFirstBucket.slice(0, 10),
      ]);
      expect(rows.slice(0, 10).every(({ attempts }) => attempts === 3)).toBe(true);
      expect(cost.read).toBeLessThan(500);
      const { rows: plans } = await reading.query(
        'SELECT name, generic_plans::int AS kept, custom_plans::int AS other FROM pg_prepared_statements ORDER BY name',
      );
      expect(plans).toEqual(isBacklog ? [] : [{ name: 'outbox_batch', kept: 2, other: 0 }]);
    } finally {
      await reading.end();
    }
  },
);

it('reads the same whether more is known to wait or not', async () => {
  pool = new pg.Pool({ ...database.pool.options, password: database.pool.options.password });
  messaging = createPostgresMessaging({ pool });
  const everything = outgoing('everything', {
    orderingKey: 'Schlüssel',
    correlationId: '🔑',
    headers: { tenant: 'süd', empty: '' },
    body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  });
  await messaging.transaction((tx) =>
    messaging.outbox.add(tx, [
      { ...everything, deliverAt: new Date('2026-01-01T00:00:00.123Z'), timeToLiveMs: 1.5 },
      outgoing('little', { type: '', body: new Uint8Array() }),
      outgoing('early', { orderingKey: 'early' }),
      outgoing('due', { orderingKey: 'due' }),
    ]),
  );
  await pool.query("UPDATE outbox SET deliver_at = '1969-12-31 23:59:59.9995Z' WHERE message_id = 'early'");
  await pool.query("UPDATE outbox SET bucket = bucket - 16 WHERE message_id = 'due'");
  await pool.query(
    `INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, due, last_error)
     VALUES ($1, 'due', 3, 'infinity', now(), 'x')`,
    [bucketOf('due')],
  );
  const client = await pool.connect();
  try {
    const leases = Array.from({ length: BUCKETS }, (_, bucket) => ({ bucket, token: '1' }));
    const share = { destination: { queue: 'work' }, leases };
    const read = (isBacklog: boolean) =>
      readRows({ pool, reading: readingOn(client as pg.Client) }, share, { limit: 10, isBacklog });
    const rows = await read(true);
    expect(rows).toEqual(await read(false));
    const ids = rows.rows.map(({ outgoing: { envelope } }) => envelope.id);
    expect([ids[0], ...ids.slice(1).sort()]).toEqual(['due', 'early', 'everything', 'little']);
    expect(rows.rows[ids.indexOf('everything')]?.outgoing.envelope).toEqual({
      ...everything.envelope,
      body: Buffer.from(everything.envelope.body),
    });
  } finally {
    client.release();
  }
});

it('goes on by the pool, and then by a new connection, when the one that copies a backlog is lost', async () => {
  const recording = start(preparing());
  const pid = await untilPrepared(recording.ids, 'before');
  const waiting = Array.from({ length: 3_500 }, (_, n) => outgoing(`m-${n}`, { orderingKey: `key-${n}` }));
  const copied = until(async () => {
    const { rows } = await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE 'COPY %'`,
      [pid],
    );
    return rows.length > 0;
  });
  await messaging.transaction((tx) => messaging.outbox.add(tx, waiting));
  await copied;
  await until(() => waiting.every(({ envelope }) => recording.ids().includes(envelope.id)));
  await until(async () => (await messaging.outbox.backlog()).rows === 0);
});

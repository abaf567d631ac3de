import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { BUCKETS, bucketOf } from '../outbox/bucket.js';
import { retryPolicy } from '../retry/retry-policy.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { BucketClaims } from './bucket-claims.js';
import { BucketLeases, type Lease } from './bucket-leases.js';
import type { BatchResult } from '../outbox/batch-result.js';
import { HELD_BUCKETS } from './outbox-rows.js';
import { sendBatch } from './send-batch.js';
import { Turns } from './turns.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';

const full = new TransportError('BrokerError', 'Full.', true);
const tooLarge = new TransportError('MessageTooLarge', '2 MB are too much.', false);

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

const never = (error: unknown): never => {
  throw error;
};
const drain = (send: Transport['send'], limit = 100): Promise<BatchResult> =>
  sendBatch({
    pool: database.pool,
    leases,
    claims: new BucketClaims(),
    limit,
    send,
    policy: retryPolicy({ delayed: { baseMs: 500, factor: 2, capMs: 60_000, retries: 99 } }),
    random: () => 0.5,
    destination: { queue: 'work' },
    turns: new Turns(),
    transport: {},
    onLateError: never,
  });
const keyed = (id: string, orderingKey: string): Outgoing => outgoing(id, { orderingKey });
const add = (...messages: Outgoing[]): Promise<void> =>
  messaging.transaction((tx) => messaging.outbox.add(tx, messages));
const passHolds = () => database.pool.query('UPDATE outbox_holds SET due = now()');
const holds = async (): Promise<unknown[]> =>
  (
    await database.pool.query(
      `SELECT ordering_key AS key, attempts, last_error AS error,
              round(extract(epoch FROM due - now()) / 60) AS minutes FROM outbox_holds ORDER BY ordering_key`,
    )
  ).rows;
/** Refuses these messages. */
const refusing = (error: Error, ...ids: readonly string[]) =>
  recordingSend(({ envelope }) => (ids.includes(envelope.id) ? error : undefined));

/** Another relay takes all buckets while a batch is on its way. */
async function changeHands(): Promise<void> {
  await database.pool.query("UPDATE outbox_buckets SET leased_by = 'heir', token = token + 1");
}

describe('a batch of the outbox', () => {
  it('waits longer each time its key fails, and says when the first key may be tried again', async () => {
    await add(keyed('a1', 'a'));
    const failing = refusing(full, 'a1', 'b1').send;
    expect(await drain(failing)).toMatchObject({ read: 1, sent: 0, errors: [full], retryInMs: 500 });
    await passHolds();
    expect((await drain(failing)).retryInMs).toBe(1_000);
    await passHolds();
    await add(keyed('b1', 'b'));
    expect((await drain(failing)).retryInMs).toBe(500);
    expect(await holds()).toMatchObject([
      { key: 'a', attempts: 3, error: 'Full.' },
      { key: 'b', attempts: 1, error: 'Full.' },
    ]);
  });

  it('begins to count again once a key that failed was sent', async () => {
    await add(keyed('a1', 'a'));
    await drain(refusing(full, 'a1').send);
    await passHolds();
    await drain(recordingSend().send);
    expect(await holds()).toEqual([]);
    await add(keyed('a2', 'a'));
    expect((await drain(refusing(full, 'a2').send)).retryInMs).toBe(500);
  });

  it('leaves nothing of a held key out of its turn, and nothing else behind', async () => {
    await add(keyed('a1', 'a'), keyed('b1', 'b'));
    await drain(refusing(full, 'a1').send);
    await add(keyed('a2', 'a'), keyed('b2', 'b'));
    const { send, ids } = recordingSend();
    expect(await drain(send)).toEqual({ read: 1, sent: 1, errors: [], more: true });
    expect(ids()).toEqual(['b2']);
    await passHolds();
    await drain(send);
    await drain(send);
    expect(ids()).toEqual(['b2', 'a1', 'a2']);
    expect(await holds()).toEqual([]);
  });

  it('sends the oldest first, whatever bucket it is in', async () => {
    const keys = Array.from({ length: 2 * BUCKETS }, (_, index) => `key-${index}`);
    await add(...keys.map((key) => keyed(key, key)));
    const { send, ids } = recordingSend();
    await drain(send);
    expect(ids()).toEqual(keys);
  });

  it('has no more than 8 MiB of bodies and one body more, of those that are due and of the others', async () => {
    await database.pool.query(
      `INSERT INTO outbox (bucket, destination_kind, destination, message_id, ordering_key, type, version, source, time,
                           content_type, headers, body)
       SELECT bucket, 'queue', 'work', key || n, key, 't', 1, '/spec', '2026-01-01T00:00:00Z', 'text/plain', '{}',
              decode(repeat('00', 5 * 1048576), 'hex')
       FROM (VALUES ('due', $1::int), ('free', $2::int)) AS keyed (key, bucket), generate_series(1, 3) n`,
      [bucketOf('due') - HELD_BUCKETS, bucketOf('free')],
    );
    await database.pool.query(
      `INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, due, last_error)
       VALUES ($1, 'due', 3, 'infinity', now(), 'x')`,
      [bucketOf('due')],
    );
    const { send, ids } = recordingSend();
    expect(await drain(send)).toEqual({ read: 4, sent: 4, errors: [], more: true });
    expect(await drain(send)).toEqual({ read: 2, sent: 2, errors: [], more: false });
    expect(ids()).toEqual(['due1', 'due2', 'free1', 'free2', 'due3', 'free3']);
  });

  it('takes the hold of a message away that it sets aside, with the reason for people', async () => {
    await add(keyed('a1', 'a'), keyed('a2', 'a'));
    await drain(refusing(full, 'a1').send);
    await passHolds();
    expect(await drain(refusing(tooLarge, 'a1').send)).toMatchObject({ sent: 0, errors: [tooLarge] });
    const { rows } = await database.pool.query('SELECT message_id AS id, reason FROM outbox_dead');
    expect(rows).toEqual([{ id: 'a1', reason: '2 MB are too much.' }]);
    const { send, ids } = recordingSend();
    await drain(send);
    expect(ids()).toEqual(['a2']);
    expect(await holds()).toEqual([]);
  });

  it.each([
    ['holds no key', full],
    ['sets no message aside', tooLarge],
  ])('%s of a bucket that changed hands meanwhile', async (_, error) => {
    await add(keyed('a1', 'a'));
    const round = await drain(async () => {
      await changeHands();
      throw error;
    });
    expect(round.errors).toEqual([error]);
    expect(await holds()).toEqual([]);
    expect(await messaging.outbox.backlog()).toMatchObject({ rows: 1, dead: 0 });
  });

  it('removes what was sent from the buckets that stayed, and only from those', async () => {
    await add(keyed('a1', 'a'), keyed('b1', 'b'));
    expect(bucketOf('a')).not.toBe(bucketOf('b'));
    await drain(async () => {
      await database.pool.query('UPDATE outbox_buckets SET token = token + 1 WHERE bucket = $1', [bucketOf('a')]);
    });
    const { rows } = await database.pool.query('SELECT message_id AS id FROM outbox');
    expect(rows).toEqual([{ id: 'a1' }]);
  });

  it('has no row removed before the broker has answered', async () => {
    await add(keyed('a1', 'a'), keyed('b1', 'b'));
    let rowsDuringSend = 0;
    await drain(async () => {
      rowsDuringSend = (await messaging.outbox.backlog()).rows;
    });
    expect(rowsDuringSend).toBe(2);
    expect((await messaging.outbox.backlog()).rows).toBe(0);
  });

  it('keeps what left before an outage removed, and blames no message for the rest', async () => {
    await add(keyed('a1', 'a'), keyed('b1', 'b'), keyed('c1', 'c'));
    const away = new TransportError('Unreachable', 'Away.', true);
    const sent: string[] = [];
    let calls = 0;
    const round = await drain(async (messages) => {
      calls += 1;
      if (calls === 1) throw full;
      if (calls > 2) throw away;
      sent.push(...messages.map(({ envelope }) => envelope.id));
    });
    expect(round).toEqual({ read: 3, sent: sent.length, errors: [away], more: false, outage: away });
    expect(sent).toEqual(['a1', 'b1']);
    expect(await holds()).toEqual([]);
    expect((await messaging.outbox.backlog()).rows).toBe(1);
  });

  it('tries nothing more of a batch once the broker is away', async () => {
    await add(keyed('a1', 'a'), keyed('b1', 'b'), keyed('c1', 'c'));
    const away = new TransportError('Unreachable', 'Away.', true);
    let calls = 0;
    const round = await drain(async () => {
      calls += 1;
      throw calls === 1 ? full : away;
    });
    expect(round).toEqual({ read: 3, sent: 0, errors: [away], more: false, outage: away });
    expect(calls).toBe(2);
  });
});

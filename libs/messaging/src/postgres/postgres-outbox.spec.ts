import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { outboxSuite, recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { relaySuite } from '../testing/relay-suite.js';
import { sendWaiting } from '../testing/send-waiting.js';
import { createPostgresMessaging } from './postgres-messaging.js';
import type { SqlTransaction } from './sql-transaction.js';

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

outboxSuite<SqlTransaction>(
  'PostgreSQL',
  async () => {
    const { outbox, transaction } = createPostgresMessaging({ pool: database.pool });
    return {
      outbox,
      transaction: (work) => transaction(work),
      drain: (limit, send) => sendWaiting(database.pool, limit, send),
      passHolds: async () => void (await database.pool.query('UPDATE outbox_holds SET due = now()')),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);

relaySuite<SqlTransaction>(
  'PostgreSQL',
  async () => {
    const { outbox, transaction, startRelay } = createPostgresMessaging({ pool: database.pool });
    return {
      outbox,
      transaction: (work) => transaction(work),
      startRelay: (transport) => startRelay({ transport, onError: () => undefined }),
      close: async () => undefined,
    };
  },
  { describe, it, beforeEach, afterEach },
);

describe('PostgresOutbox', () => {
  it('writes effect and messages in one statement', async () => {
    const { outbox, onWake } = createPostgresMessaging({ pool: database.pool });
    const effect = { text: 'effect AS (INSERT INTO effects VALUES ($1))', values: ['order-1'] };
    const wakes: string[] = [];
    onWake(() => wakes.push('wake'));
    await outbox.addWith(database.pool, effect, [outgoing('m1'), outgoing('m2')]);
    expect(wakes).toHaveLength(1);
    await expect(outbox.addWith(database.pool, effect, [outgoing('m3')])).rejects.toThrow('duplicate key');
    expect(wakes).toHaveLength(1);
    const { send, ids } = recordingSend();
    await sendWaiting(database.pool, 10, send);
    expect(ids().sort()).toEqual(['m1', 'm2']);
  });

  it('writes those of the messages that the effect names, and answers them', async () => {
    const { outbox, onWake } = createPostgresMessaging({ pool: database.pool });
    const wakes: string[] = [];
    onWake(() => wakes.push('wake'));
    const messages = ['m1', 'm2', 'm3'].map((id) => outgoing(id));
    const claiming = (...ids: string[]) => ({
      text: 'claimed AS (INSERT INTO effects SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING value)',
      values: [ids],
      messageIds: 'SELECT value FROM claimed',
    });
    expect(await outbox.addWith(database.pool, claiming('m1', 'm3', 'm4'), messages)).toEqual([
      messages[0],
      messages[2],
    ]);
    expect(wakes).toHaveLength(1);
    expect(await outbox.addWith(database.pool, claiming('m1', 'm3'), messages)).toEqual([]);
    expect(wakes).toHaveLength(1);
    const { send, ids } = recordingSend();
    await sendWaiting(database.pool, 10, send);
    expect(ids().sort()).toEqual(['m1', 'm3']);
  });

  it('leaves a bucket alone that a relay holds', async () => {
    const { outbox, transaction } = createPostgresMessaging({ pool: database.pool });
    await transaction((tx) => outbox.add(tx, [outgoing('m1')]));
    await database.pool.query(
      "UPDATE outbox_buckets SET leased_by = 'other', leased_until = now() + interval '1 minute'",
    );
    const { send, ids } = recordingSend();
    expect(await sendWaiting(database.pool, 10, send)).toEqual({ sent: 0, errors: [] });
    await database.pool.query("UPDATE outbox_buckets SET leased_until = now() - interval '1 second'");
    await sendWaiting(database.pool, 10, send);
    expect(ids()).toEqual(['m1']);
  });

  it('removes nothing from a bucket that changed hands while it was sending', async () => {
    const { outbox, transaction } = createPostgresMessaging({ pool: database.pool });
    await transaction((tx) => outbox.add(tx, [outgoing('m1')]));
    const report = await sendWaiting(database.pool, 10, async () => {
      await database.pool.query("UPDATE outbox_buckets SET leased_by = 'other', token = token + 1");
    });
    expect(report.sent).toBe(1);
    expect((await outbox.backlog()).rows).toBe(1);
  });

  it('keeps the messages when the process dies between sending and removing, and sends the same ids again', async () => {
    const { outbox, transaction } = createPostgresMessaging({ pool: database.pool });
    await transaction((tx) => outbox.add(tx, [outgoing('m1'), outgoing('m2')]));
    const { send, ids } = recordingSend();

    // All that a dead process leaves to the database is the end of its connections.
    const pool = new pg.Pool({ ...database.pool.options });
    const dying = sendWaiting(pool, 10, async (messages) => {
      await send(messages);
      await pool.end();
    });
    await expect(dying).rejects.toThrow('after calling end');
    await database.pool.query("UPDATE outbox_buckets SET leased_until = now() - interval '1 second'");
    expect(await sendWaiting(database.pool, 10, send)).toEqual({ sent: 2, errors: [] });
    expect(ids().slice(2)).toEqual(ids().slice(0, 2));
    expect((await outbox.backlog()).rows).toBe(0);
  });
});

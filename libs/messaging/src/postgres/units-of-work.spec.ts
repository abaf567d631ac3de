import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { connectThroughCuttingProxy } from '../../test/cutting-proxy.js';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { unitOfWorkSuite } from '../testing/unit-of-work-suite.js';
import { createPostgresMessaging } from './postgres-messaging.js';
import type { SqlTransaction, UnitOfWork } from './sql-transaction.js';

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

unitOfWorkSuite<SqlTransaction & Pick<UnitOfWork<unknown>, 'afterCommit'>>(
  'PostgreSQL',
  async (onError) => ({
    transaction: createPostgresMessaging({ pool: database.pool, onError }).transaction,
    apply: async (tx, value) => {
      await tx.query('INSERT INTO effects VALUES ($1)', [value]);
    },
    effects: async () =>
      (await database.pool.query<{ value: string }>('SELECT value FROM effects ORDER BY value')).rows.map(
        ({ value }) => value,
      ),
    close: async () => undefined,
  }),
  { describe, it, beforeEach, afterEach },
);

describe('after the commit of a unit of work', () => {
  it('nothing runs when the answer to the commit is lost, and a sweep finds the messages', async () => {
    const { pool, close } = await connectThroughCuttingProxy(database.pool);
    const called: string[] = [];
    try {
      const { transaction, outbox, onWake } = createPostgresMessaging({ pool });
      onWake(() => called.push('wake'));
      const unknown = transaction(async (tx) => {
        tx.afterCommit(() => called.push('after'));
        await outbox.add(tx, [outgoing('m1')]);
      });
      await expect(unknown).rejects.toThrow('Connection terminated');
    } finally {
      await close();
    }
    expect(called).toEqual([]);
    const sent = Promise.withResolvers<void>();
    const { send, ids } = recordingSend();
    const relay = createPostgresMessaging({ pool: database.pool }).startRelay({
      transport: { send: (messages) => send(messages).then(sent.resolve) },
    });
    await sent.promise;
    await relay.stop();
    expect(ids()).toEqual(['m1']);
  });
});

describe('a signal', () => {
  it('gives up a transaction whose statement waits, so that the next delivery need not', async () => {
    const { inbox } = createPostgresMessaging({ pool: database.pool });
    const blocker = await database.pool.connect();
    await blocker.query("BEGIN; INSERT INTO effects VALUES ('taken')");
    const controller = new AbortController();
    const reason = new Error('took too long');
    const stuck = inbox.once(
      'billing',
      'm1',
      async (tx) => {
        const insert = tx.query("INSERT INTO effects VALUES ('taken')");
        insert.catch(() => undefined);
        controller.abort(reason);
        await insert;
      },
      { signal: controller.signal },
    );
    await expect(stuck).rejects.toBe(reason);
    expect(await inbox.once('billing', 'm1', async () => undefined)).toBe('handled');
    await blocker.query('ROLLBACK');
    blocker.release();
  });

  it('costs no statement: who the transaction is, is asked along with its begin', async () => {
    const texts: unknown[] = [];
    class Listening extends pg.Client {
      override query(...call: unknown[]): never {
        texts.push(call[0]);
        return (super.query as (...call: unknown[]) => never).apply(this, call);
      }
    }
    const pool = new pg.Pool({ ...database.pool.options, Client: Listening as unknown as typeof pg.Client });
    const { transaction } = createPostgresMessaging({ pool });
    await transaction((tx) => tx.query('SELECT 1'), { signal: new AbortController().signal });
    expect(texts).toEqual([expect.stringMatching(/^BEGIN; SELECT pg_backend_pid/), 'SELECT 1', 'COMMIT']);
    texts.length = 0;
    await transaction((tx) => tx.query('SELECT 1'));
    expect(texts).toEqual(['BEGIN', 'SELECT 1', 'COMMIT']);
    await pool.end();
  });

  it('changes nothing once the work has ended: the commit says what became of it', async () => {
    const controller = new AbortController();
    const { transaction } = createPostgresMessaging({ pool: database.pool });
    const answer = transaction(
      async (tx) => {
        await tx.query("INSERT INTO effects VALUES ('kept')");
        // Runs after the work has returned, before the commit is answered.
        setImmediate(() => controller.abort());
        return 'kept';
      },
      { signal: controller.signal },
    );
    expect(await answer).toBe('kept');
  });
});

it('a foreign transaction has no afterCommit, may write messages, and wakes nobody by itself', async () => {
  const { outbox, wake, onWake } = createPostgresMessaging({ pool: database.pool });
  let wakes = 0;
  onWake(() => (wakes += 1));
  const client = await database.pool.connect();
  const foreign: SqlTransaction = client;
  // @ts-expect-error Only a unit of work hears of its commit.
  expect(foreign.afterCommit).toBeUndefined();
  await client.query('BEGIN');
  await outbox.add(foreign, [outgoing('m1')]);
  await client.query('COMMIT');
  client.release();
  expect([wakes, (await outbox.backlog()).rows]).toEqual([0, 1]);
  wake();
  expect(wakes).toBe(1);
});

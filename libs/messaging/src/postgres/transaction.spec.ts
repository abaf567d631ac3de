import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { createPostgresMessaging } from './postgres-messaging.js';
import type { SqlTransaction, UnitOfWork } from './sql-transaction.js';

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

const inTransaction = <Result>(pool: pg.Pool, work: (tx: UnitOfWork<unknown>) => Promise<Result>): Promise<Result> =>
  createPostgresMessaging({ pool }).transaction(work);

/** Runs `work` with a pool of one connection, so that whoever comes next gets the same. */
async function withOneConnection(work: (pool: pg.Pool) => Promise<void>): Promise<void> {
  const pool = new pg.Pool({ ...database.pool.options, max: 1 });
  pool.on('error', () => undefined);
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

const pidOf = async (tx: SqlTransaction): Promise<unknown> =>
  (await tx.query('SELECT pg_backend_pid() AS pid')).rows[0];
const effects = async (): Promise<unknown[]> => (await database.pool.query('SELECT value FROM effects')).rows;

describe('a transaction', () => {
  it('commits what was done, and answers what the work answered', async () => {
    const answer = await inTransaction(database.pool, async (tx) => {
      await tx.query("INSERT INTO effects VALUES ('kept')");
      expect(await effects()).toEqual([]);
      return 42;
    });
    expect(answer).toBe(42);
    expect(await effects()).toEqual([{ value: 'kept' }]);
  });

  it('rolls back before anybody else gets its connection', () =>
    withOneConnection(async (pool) => {
      const failing = inTransaction(pool, async (tx) => {
        await tx.query("INSERT INTO effects VALUES ('half')");
        throw new Error('no stock');
      });
      const next = inTransaction(pool, (tx) => tx.query('SELECT * FROM effects'));
      await expect(failing).rejects.toThrow('no stock');
      expect((await next).rows).toEqual([]);
    }));

  it('gives its connection back as it was, with no listener of its own', () =>
    withOneConnection(async (pool) => {
      const pids: unknown[] = [];
      const listeners: number[] = [];
      for (const fails of [false, true, false]) {
        const work = async (tx: SqlTransaction): Promise<void> => {
          pids.push(await pidOf(tx));
          if (fails) throw new Error('no stock');
        };
        await inTransaction(pool, work).catch(() => undefined);
        const client = await pool.connect();
        listeners.push(client.listenerCount('error'));
        client.release();
      }
      expect(new Set(pids.map((pid) => JSON.stringify(pid))).size).toBe(1);
      expect(new Set(listeners).size).toBe(1);
    }));

  it('gives no broken connection to anybody else', () =>
    withOneConnection(async (pool) => {
      const cut = inTransaction(pool, async (tx) => {
        const { rows } = await tx.query('SELECT pg_backend_pid() AS pid');
        await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.['pid']]);
        await tx.query('SELECT 1');
      });
      await expect(cut).rejects.toThrow();
      expect(await inTransaction(pool, async () => 'works')).toBe('works');
    }));

  it.each([
    ['committed', async () => undefined],
    ['failed', () => Promise.reject(new Error('no stock'))],
  ])('takes no query once it has %s', async (_, end) => {
    let escaped: SqlTransaction | undefined;
    await inTransaction(database.pool, async (tx) => {
      escaped = tx;
      await end();
    }).catch(() => undefined);
    await expect(escaped?.query("INSERT INTO effects VALUES ('late')")).rejects.toThrow('The transaction is over');
    expect(await effects()).toEqual([]);
  });

  it('takes no query that was not awaited, while it commits', async () => {
    let late: Promise<unknown> | undefined;
    await inTransaction(database.pool, async (tx) => {
      // Runs after the work has returned, before the commit is answered.
      setImmediate(() => {
        late = tx.query("INSERT INTO effects VALUES ('late')");
        late.catch(() => undefined);
      });
    });
    await expect(late).rejects.toThrow('The transaction is over');
    expect(await effects()).toEqual([]);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import { inboxSuite } from '../testing/inbox-suite.js';
import { connectThroughCuttingProxy } from '../../test/cutting-proxy.js';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { createPostgresMessaging } from './postgres-messaging.js';
import type { SqlTransaction } from './sql-transaction.js';

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

const apply = async (tx: SqlTransaction, value: string): Promise<void> => {
  await tx.query('INSERT INTO effects VALUES ($1)', [value]);
};
const effects = async (): Promise<string[]> =>
  (await database.pool.query<{ value: string }>('SELECT value FROM effects ORDER BY value')).rows.map(
    ({ value }) => value,
  );

/** Ends the connection that runs the transaction, as a failover would. */
const cutConnection = async (tx: SqlTransaction): Promise<void> => {
  const { rows } = await tx.query('SELECT pg_backend_pid() AS pid');
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.['pid']]);
};

inboxSuite<SqlTransaction>(
  'PostgreSQL',
  async () => ({
    inbox: createPostgresMessaging({ pool: database.pool }).inbox,
    apply,
    effects,
    close: async () => undefined,
  }),
  { describe, it, beforeEach, afterEach },
);

describe('PostgresInbox', () => {
  it('writes the rows of a group in the order of their ids, so that groups cannot wait for each other', async () => {
    const { inbox } = createPostgresMessaging({ pool: database.pool });
    await inbox.onceMany('billing', ['m3', 'm1', 'm4', 'm2'], async () => undefined);
    // The table is empty before: rows lie in it as they came.
    const { rows } = await database.pool.query('SELECT message_id FROM inbox ORDER BY ctid');
    expect(rows.map(({ message_id }) => message_id)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it.each(['40001', '40P01'])('repeats the transaction of a group that ended with %s', async (code) => {
    const { inbox } = createPostgresMessaging({ pool: database.pool });
    const tries: string[][] = [];
    await inbox.onceMany('billing', ['m2', 'm1'], async (tx, unhandled) => {
      tries.push([...unhandled].sort());
      await apply(tx, 'whole');
      if (tries.length < 3) await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '${code}'; END $$`);
    });
    expect(tries).toEqual(Array.from({ length: 3 }, () => ['m1', 'm2']));
    expect(await effects()).toEqual(['whole']);
  });

  it('gives up on a group that conflicts again and again, and repeats nothing for another reason', async () => {
    const { inbox } = createPostgresMessaging({ pool: database.pool });
    const triesUntil = async (code: string): Promise<number> => {
      let tries = 0;
      const failing = inbox.onceMany('billing', ['m1', 'm2'], async (tx) => {
        tries += 1;
        await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '${code}'; END $$`);
      });
      await expect(failing).rejects.toMatchObject({ code });
      return tries;
    };
    expect([await triesUntil('40001'), await triesUntil('23505')]).toEqual([5, 1]);
    expect(await inbox.once('billing', 'm1', async () => undefined)).toBe('handled');
  });

  describe('with an effect of one statement', () => {
    const effect = (value: string) => ({ text: 'INSERT INTO effects SELECT $1 FROM handled', values: [value] });

    it('handles a message once, for each consumer', async () => {
      const { inbox } = createPostgresMessaging({ pool: database.pool });
      expect(await inbox.onceWith('billing', 'm1', effect('first'))).toBe('handled');
      expect(await inbox.onceWith('billing', 'm1', effect('again'))).toBe('duplicate');
      expect(await inbox.once('billing', 'm1', (tx) => apply(tx, 'otherwise'))).toBe('duplicate');
      expect(await inbox.onceWith('shipping', 'm1', effect('second'))).toBe('handled');
      expect(await effects()).toEqual(['first', 'second']);
    });

    it('waits for another delivery of the message, and takes effect when that one did not', async () => {
      const { inbox } = createPostgresMessaging({ pool: database.pool });
      const outcome = async (commits: boolean): Promise<string> => {
        const inside = Promise.withResolvers<void>();
        const end = Promise.withResolvers<void>();
        const id = `m-${commits}`;
        const earlier = inbox.once('billing', id, async (tx) => {
          inside.resolve();
          await end.promise;
          if (!commits) await tx.query('SELECT 1 / 0');
        });
        await inside.promise;
        const later = inbox.onceWith('billing', id, effect(id));
        end.resolve();
        await Promise.allSettled([earlier]);
        return later;
      };
      expect([await outcome(true), await outcome(false)]).toEqual(['duplicate', 'handled']);
      expect(await effects()).toEqual(['m-false']);
    });

    it('records nothing when the effect fails', async () => {
      const { inbox } = createPostgresMessaging({ pool: database.pool });
      const failing = { text: 'INSERT INTO effects SELECT (1 / $1::int)::text FROM handled', values: [0] };
      await expect(inbox.onceWith('billing', 'm1', failing)).rejects.toMatchObject({ code: '22012' });
      expect(await inbox.onceWith('billing', 'm1', effect('first'))).toBe('handled');
    });

    it('refuses one that would happen with every delivery', async () => {
      const { inbox } = createPostgresMessaging({ pool: database.pool });
      const always = { text: 'INSERT INTO effects VALUES ($1)', values: ['first'] };
      await expect(inbox.onceWith('billing', 'm1', always)).rejects.toThrow(TypeError);
      expect(await effects()).toEqual([]);
    });
  });

  it('rejects when the connection is lost before the commit, and handles the next delivery', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    const lost = inbox.once('billing', 'm1', async (tx) => {
      await apply(tx, 'first');
      await cutConnection(tx);
    });
    await expect(lost).rejects.toThrow();
    expect(await effects()).toEqual([]);
    expect(await inbox.once('billing', 'm1', (tx) => apply(tx, 'second'))).toBe('handled');
    expect(await effects()).toEqual(['second']);
  });

  it('rejects when the answer to the commit is lost, and answers duplicate to the next delivery', async () => {
    const { pool, close } = await connectThroughCuttingProxy(database.pool);
    try {
      const unknown = createPostgresMessaging({ pool }).inbox.once('billing', 'm1', (tx) => apply(tx, 'kept'));
      await expect(unknown).rejects.toThrow('Connection terminated');
    } finally {
      await close();
    }
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    expect(await inbox.once('billing', 'm1', (tx) => apply(tx, 'twice'))).toBe('duplicate');
    expect(await effects()).toEqual(['kept']);
  });

  it('rejects when the work hid a failed statement, because PostgreSQL then rolls back', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    const hidden = inbox.once('billing', 'm1', async (tx) => {
      await apply(tx, 'lost');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(hidden).rejects.toThrow('everything was rolled back');
    expect(await inbox.once('billing', 'm1', (tx) => apply(tx, 'kept'))).toBe('handled');
    expect(await effects()).toEqual(['kept']);
  });

  it('refuses a query that comes after the transaction', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    let escaped: SqlTransaction | undefined;
    await inbox.once('billing', 'm1', async (tx) => {
      escaped = tx;
    });
    await expect(escaped?.query('SELECT 1')).rejects.toThrow('The transaction is over');
  });

  it('wakes the outbox after a commit that wrote to it, and only then', async () => {
    const { inbox, outbox, onWake } = createPostgresMessaging({ pool: database.pool });
    const rowsAtWake: Promise<number>[] = [];
    onWake(() => rowsAtWake.push(outbox.backlog().then(({ rows }) => rows)));

    await inbox.once('billing', 'm1', (tx) => apply(tx, 'without'));
    expect(rowsAtWake).toEqual([]);
    await inbox.once('billing', 'm2', (tx) => outbox.add(tx, [outgoing('sent')]));
    await inbox.once('billing', 'm2', (tx) => outbox.add(tx, [outgoing('sent')]));
    expect(await Promise.all(rowsAtWake)).toEqual([1]);
  });

  it('removes what is older than the retention, in batches, and nothing younger', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    await database.pool.query(
      `INSERT INTO inbox SELECT 'billing', 'old' || n, now() - interval '8 days' FROM generate_series(1, 25) n`,
    );
    await inbox.once('billing', 'young', (tx) => apply(tx, 'young'));
    expect(await inbox.purge({ olderThanMs: 7 * 24 * 3_600_000, batch: 10 })).toBe(25);
    expect(await inbox.once('billing', 'young', (tx) => apply(tx, 'again'))).toBe('duplicate');
    expect(await inbox.once('billing', 'old1', (tx) => apply(tx, 'old1'))).toBe('handled');
  });

  it('removes nothing that is as young as the retention, to the millisecond', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    const add = (id: string, ageMs: number) =>
      database.pool.query("INSERT INTO inbox VALUES ('billing', $1, now() - $2 * interval '1 ms')", [id, ageMs]);
    await add('older', 60_000);
    await add('younger', 30_000);
    await add('of tomorrow', -86_400_000);
    expect(await inbox.purge({ olderThanMs: 59_000 })).toBe(1);
    expect(await inbox.purge({ olderThanMs: 59_000 })).toBe(0);
    const { rows } = await database.pool.query('SELECT message_id FROM inbox ORDER BY handled_at');
    expect(rows).toEqual([{ message_id: 'younger' }, { message_id: 'of tomorrow' }]);
  });

  it('leaves no record of a message whose work was rolled back, and none before it commits', async () => {
    const inbox = createPostgresMessaging({ pool: database.pool }).inbox;
    const recorded = async (): Promise<number | null> =>
      (await database.pool.query("SELECT FROM inbox WHERE message_id = 'm1'")).rowCount;
    const failing = inbox.once('billing', 'm1', async (tx) => {
      await apply(tx, 'half');
      expect(await recorded()).toBe(0);
      throw new Error('declined');
    });
    await expect(failing).rejects.toThrow('declined');
    expect(await recorded()).toBe(0);
    await inbox.once('billing', 'm1', (tx) => apply(tx, 'whole'));
    expect(await recorded()).toBe(1);
  });
});

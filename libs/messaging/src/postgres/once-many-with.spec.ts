import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { connectThroughCuttingProxy } from '../../test/cutting-proxy.js';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { outgoing } from '../testing/outgoing.js';
import type { HandledEffect } from './handled-effect.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import { preparing } from './preparing-client.js';

let database: MessagingDatabase;
let messaging: PostgresMessaging;

beforeAll(async () => {
  database = await createMessagingDatabase();
  // Fails a statement that writes there, with the code that is asked for.
  await database.pool.query(`
    CREATE SEQUENCE tries;
    CREATE FUNCTION fail(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
      PERFORM nextval('tries');
      RAISE EXCEPTION 'conflict' USING ERRCODE = $1;
    END $$`);
});

beforeEach(async () => {
  await database.clear();
  await database.pool.query('ALTER SEQUENCE tries RESTART');
  messaging = createPostgresMessaging({ pool: database.pool });
});

afterAll(() => database.drop());

/** An effect of each message, and a message that tells of it. */
function effectOf(ids: readonly string[], value = (id: string): string => `of ${id}`): HandledEffect {
  return {
    text: `stored AS (INSERT INTO effects SELECT value FROM unnest($1::text[], $2::text[]) AS one(message_id, value)
      JOIN handled USING (message_id) ORDER BY value RETURNING value)`,
    values: [ids, ids.map(value)],
    sends: {
      messages: ids.map((id) => outgoing(value(id))),
      ids: 'SELECT value FROM stored',
    },
  };
}

const handle = (...ids: readonly string[]): Promise<void> =>
  messaging.inbox.onceManyWith('billing', ids, effectOf([...new Set(ids)]));

/** The only column of what a statement answers. */
async function column(text: string): Promise<unknown[]> {
  return (await database.pool.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row)[0]);
}

const effects = (): Promise<unknown[]> => column('SELECT value FROM effects ORDER BY value');
const outbox = (): Promise<unknown[]> => column('SELECT message_id FROM outbox ORDER BY id');
const remembered = (): Promise<unknown[]> => column('SELECT message_id FROM inbox ORDER BY message_id');

describe('messages by one statement', () => {
  it('take effect once, for each consumer, and tell of it', async () => {
    await handle('m2', 'm1');
    await handle('m2', 'm3', 'm1');
    await messaging.inbox.onceManyWith(
      'shipping',
      ['m1'],
      effectOf(['m1'], () => 'shipped'),
    );
    expect(await effects()).toEqual(['of m1', 'of m2', 'of m3', 'shipped']);
    expect(await outbox()).toEqual(['of m2', 'of m1', 'of m3', 'shipped']);
    expect(await messaging.inbox.once('billing', 'm3', async () => undefined)).toBe('duplicate');
  });

  it('count once when they are there twice', async () => {
    await handle('m1', 'm2', 'm1');
    expect(await remembered()).toEqual(['m1', 'm2']);
    expect(await effects()).toEqual(['of m1', 'of m2']);
  });

  it('have their rows written in the order of their ids, so that groups cannot wait for each other', async () => {
    await handle('m3', 'm1', 'm4', 'm2');
    // The table is empty before: rows lie in it as they came.
    expect(await column('SELECT message_id FROM inbox ORDER BY ctid')).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it('send only what the effect answers, and wake the relay for it, and only then', async () => {
    const woken: unknown[] = [];
    messaging.onWake(() => woken.push('woken'));
    await messaging.inbox.onceManyWith('billing', ['m1', 'm2'], {
      ...effectOf(['m1', 'm2']),
      sends: {
        messages: [outgoing('of m1'), outgoing('of m2')],
        ids: "SELECT value FROM stored WHERE value = 'of m2'",
      },
    });
    expect([await outbox(), woken]).toEqual([['of m2'], ['woken']]);
    await handle('m1', 'm2');
    expect([await outbox(), woken]).toEqual([['of m2'], ['woken']]);
  });

  it('need send nothing', async () => {
    const { text, values } = effectOf(['m1']);
    await messaging.inbox.onceManyWith('billing', ['m1'], { text, values });
    expect([await effects(), await outbox()]).toEqual([['of m1'], []]);
  });

  it('wait for another delivery of one of them, and leave it to that one if it commits', async () => {
    const outcome = async (commits: boolean): Promise<void> => {
      const inside = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const id = `m-${commits}`;
      const earlier = messaging.inbox.once('billing', id, async (tx) => {
        inside.resolve();
        await end.promise;
        if (!commits) await tx.query('SELECT 1 / 0');
      });
      await inside.promise;
      const later = handle(id, `other-${commits}`);
      end.resolve();
      await Promise.allSettled([earlier]);
      await later;
    };
    await outcome(true);
    await outcome(false);
    expect(await effects()).toEqual(['of m-false', 'of other-false', 'of other-true']);
  });

  it('at the same time take effect once', async () => {
    const groups = [['m1', 'm2', 'm3'], ['m4', 'm3', 'm2'], ['m2'], ['m3', 'm1']];
    await Promise.all(groups.map((ids) => handle(...ids)));
    expect(await effects()).toEqual(['of m1', 'of m2', 'of m3', 'of m4']);
    expect((await outbox()).sort()).toEqual(['of m1', 'of m2', 'of m3', 'of m4']);
  });

  it('are not remembered when their effect fails, and none of them has one', async () => {
    await messaging.transaction((tx) => tx.query("INSERT INTO effects VALUES ('of m2')"));
    await expect(handle('m1', 'm2', 'm3')).rejects.toMatchObject({ code: '23505' });
    expect([await remembered(), await effects(), await outbox()]).toEqual([[], ['of m2'], []]);
  });

  it.each([
    ['40001', 5],
    ['40P01', 5],
    ['22000', 1],
  ])('are tried again after %s, as often as %i times in all', async (code, tries) => {
    const failing = {
      text: 'stored AS (INSERT INTO effects SELECT fail($1) FROM handled)',
      values: [code],
    };
    await expect(messaging.inbox.onceManyWith('billing', ['m1'], failing)).rejects.toMatchObject({ code });
    expect(await column('SELECT last_value::int FROM tries')).toEqual([tries]);
    expect(await remembered()).toEqual([]);
  });

  it('are refused with an effect that would happen with every delivery', async () => {
    const always = { text: 'stored AS (INSERT INTO effects VALUES ($1))', values: ['first'] };
    await expect(messaging.inbox.onceManyWith('billing', ['m1'], always)).rejects.toThrow(TypeError);
    expect([await remembered(), await effects()]).toEqual([[], []]);
  });

  it('share one prepared statement, however many they are', async () => {
    const { connectionString } = database.pool.options;
    const pool = new pg.Pool({ connectionString, max: 1, Client: preparing() });
    try {
      const { inbox } = createPostgresMessaging({ pool });
      for (const ids of [['m1'], ['m2', 'm3'], ['m4', 'm5', 'm6']]) {
        await inbox.onceManyWith('billing', ids, effectOf(ids), { signal: new AbortController().signal });
      }
      const { rows } = await pool.query(
        "SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement LIKE 'WITH handled%'",
      );
      expect(rows).toEqual([{ runs: '2' }]);
    } finally {
      await pool.end();
    }
  });

  it('whose answer is lost are known to be handled at the next call', async () => {
    const { pool, close } = await connectThroughCuttingProxy(database.pool, 'WITH handled');
    try {
      const { inbox } = createPostgresMessaging({ pool });
      const lost = inbox.onceManyWith('billing', ['m1', 'm2'], effectOf(['m1', 'm2']));
      await expect(lost).rejects.toThrow('Connection terminated');
    } finally {
      await close();
    }
    // The server answered, so it had committed.
    expect([await effects(), await outbox()]).toEqual([
      ['of m1', 'of m2'],
      ['of m1', 'of m2'],
    ]);
    await handle('m1', 'm2');
    expect([await effects(), await outbox()]).toEqual([
      ['of m1', 'of m2'],
      ['of m1', 'of m2'],
    ]);
  });
});

describe('an abort', () => {
  const reason = new Error('the lock was lost');
  const withSignal = (signal: AbortSignal, ...ids: readonly string[]): Promise<void> =>
    messaging.inbox.onceManyWith('billing', ids, effectOf(ids), { signal });
  const somebodyWaits = async (): Promise<void> => {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ((await column(waiting)).length === 0);
  };

  it.each([
    ['another delivery', "INSERT INTO inbox VALUES ('billing', 'm2')"],
    ['a table', 'LOCK TABLE effects IN ACCESS EXCLUSIVE MODE'],
  ])('ends them on the server while they wait for %s, so that others need not wait', async (_, lock) => {
    const controller = new AbortController();
    const holder = await database.pool.connect();
    try {
      await holder.query(`BEGIN; ${lock}`);
      const handling = expect(withSignal(controller.signal, 'm1', 'm2')).rejects.toBe(reason);
      await somebodyWaits();
      controller.abort(reason);
      await handling;
      // It would wait for the row that the statement had written.
      expect(await messaging.inbox.once('billing', 'm1', async () => undefined)).toBe('handled');
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect([await remembered(), await effects(), await outbox()]).toEqual([['m1'], [], []]);
    expect(database.pool.waitingCount).toBe(0);
  });

  it('before anything is sent sends nothing', async () => {
    await expect(withSignal(AbortSignal.abort(reason), 'm1')).rejects.toBe(reason);
    expect(await remembered()).toEqual([]);
  });

  it('while no connection is free gives up at once, and hands back as it is the one that it had asked for', async () => {
    const { connectionString } = database.pool.options;
    const pool = new pg.Pool({ connectionString, max: 1 });
    let [made, removed] = [0, 0];
    pool.on('connect', () => (made += 1)).on('remove', () => (removed += 1));
    try {
      const { inbox } = createPostgresMessaging({ pool });
      const holder = await pool.connect();
      const controller = new AbortController();
      const handling = inbox.onceManyWith('billing', ['m1'], effectOf(['m1']), { signal: controller.signal });
      controller.abort(reason);
      await expect(handling).rejects.toBe(reason);
      holder.release();
      await inbox.onceManyWith('billing', ['m2'], effectOf(['m2']), { signal: new AbortController().signal });
      expect(await remembered()).toEqual(['m2']);
      expect([made, removed]).toEqual([1, 0]);
    } finally {
      await pool.end();
    }
  });

  it('after the commit changes nothing, and leaves no listener behind', async () => {
    const controller = new AbortController();
    await withSignal(controller.signal, 'm1');
    controller.abort(reason);
    expect(await effects()).toEqual(['of m1']);
    expect(database.pool.idleCount).toBe(database.pool.totalCount);
  });
});

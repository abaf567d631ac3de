import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import type { HandledEffect } from './handled-effect.js';
import type { PostgresInbox } from './postgres-inbox.js';
import { createPostgresMessaging } from './postgres-messaging.js';

let database: MessagingDatabase;
/** One connection. */
let planningOnce: pg.Pool;
let inbox: PostgresInbox<pg.ClientBase>;

beforeAll(async () => {
  database = await createMessagingDatabase();
  const { connectionString } = database.pool.options;
  planningOnce = new pg.Pool({ connectionString, max: 1, application_name: 'once' });
  ({ inbox } = createPostgresMessaging({ pool: database.pool, planningOnce }));
});

beforeEach(() => database.clear());

afterAll(async () => {
  await planningOnce.end();
  await database.drop();
});

const insert = `INSERT INTO effects SELECT message_id || ' by ' || current_setting('application_name') FROM handled`;
const effect: HandledEffect = { text: `stored AS (${insert})`, values: [] };

async function column(text: string): Promise<unknown[]> {
  return (await database.pool.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row)[0]);
}

it('runs effects of one statement where they are planned once while a connection is free there, and waits for none', async () => {
  await inbox.onceManyWith('billing', ['m1'], effect);
  await inbox.onceWith('billing', 'm2', { text: insert, values: [] });
  const taken = await planningOnce.connect();
  await inbox.onceManyWith('billing', ['m3'], effect);
  taken.release();
  const [m1, m2, m3] = await column('SELECT value FROM effects ORDER BY value');
  expect([m1, m2]).toEqual(['m1 by once', 'm2 by once']);
  expect(m3).not.toBe('m3 by once');
});

it('ends a statement that is given up where no connection of that kind is left to say so', async () => {
  const reason = new Error('the lock was lost');
  const controller = new AbortController();
  const holder = await database.pool.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE effects IN ACCESS EXCLUSIVE MODE');
    const { signal } = controller;
    const handling = expect(inbox.onceManyWith('billing', ['m1'], effect, { signal })).rejects.toBe(reason);
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'once' AND wait_event_type = 'Lock'";
    while ((await column(waiting)).length === 0);
    controller.abort(reason);
    await handling;
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  expect(await column('SELECT message_id FROM inbox')).toEqual([]);
});

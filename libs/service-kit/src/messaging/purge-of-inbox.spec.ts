import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import { createPostgresMessaging, messagingSchema, type PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { createLogger } from '../logging/create-logger.js';
import { createPool } from '../postgres/create-pool.js';
import { migrate } from '../postgres/migrate.js';
import { purgeRegularly } from '../postgres/purge-regularly.js';
import { purgeOfInbox } from './purge-of-inbox.js';

const HOUR_MS = 3_600_000;
const everythingButIntervals = [
  'Date',
  'clearImmediate',
  'clearTimeout',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setTimeout',
] as const;

let database: TestDatabase;
let pool: Pool;
let purging: Promise<unknown>[];
let inbox: Pick<PostgresMessaging['inbox'], 'purge'>;
let lines: string[];

const connect = (url: string) => createPool({ url, applicationName: 'spec', onError: () => {} });
const logger = createLogger({ name: 'spec', destination: { write: (line) => void lines.push(line) } });

async function prepare(url: string): Promise<void> {
  const empty = connect(url);
  await migrate(empty, messagingSchema);
  await empty.end();
}

beforeEach(async () => {
  database = await cloneDatabase({ template: 'inbox', prepare });
  pool = connect(database.url);
  lines = [];
  purging = [];
  const real = createPostgresMessaging({ pool }).inbox;
  inbox = {
    purge: (options) => {
      const purged = real.purge(options);
      purging.push(purged);
      return purged;
    },
  };
  jest.useFakeTimers({ doNotFake: [...everythingButIntervals] });
});

afterEach(async () => {
  jest.useRealTimers();
  await pool.end();
  await database.drop();
});

async function remembered(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ message_id: string }>('SELECT message_id FROM inbox ORDER BY message_id');
  return rows.map(({ message_id }) => message_id);
}

it('forgets every hour what is older than 30 days, and nothing younger, until it is stopped', async () => {
  await pool.query(
    `INSERT INTO inbox (consumer, message_id, handled_at) VALUES
       ('c', 'old', now() - interval '30 days 1 minute'), ('c', 'young', now() - interval '29 days 23 hours')`,
  );
  const stop = purgeRegularly(purgeOfInbox(inbox), logger);
  jest.advanceTimersByTime(HOUR_MS - 1);
  expect(purging).toHaveLength(0);
  jest.advanceTimersByTime(1);
  expect(await Promise.all(purging)).toEqual([1]);
  expect(await remembered()).toEqual(['young']);
  await stop();
  jest.advanceTimersByTime(10 * HOUR_MS);
  expect(purging).toHaveLength(1);
});

it('says when it could not, and tries again an hour later', async () => {
  await pool.query('ALTER TABLE inbox RENAME TO inbox_away');
  const stop = purgeRegularly(purgeOfInbox(inbox), logger);
  jest.advanceTimersByTime(HOUR_MS);
  await Promise.allSettled(purging);
  await new Promise(setImmediate);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', msg: expect.stringContaining('trying again later') },
  ]);
  await pool.query('ALTER TABLE inbox_away RENAME TO inbox');
  await new Promise(setImmediate);
  jest.advanceTimersByTime(HOUR_MS);
  expect(await Promise.all(purging.slice(1))).toEqual([0]);
  await stop();
});

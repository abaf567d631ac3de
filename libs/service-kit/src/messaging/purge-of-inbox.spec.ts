import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { createLogger } from '../logging/create-logger.js';
import { purgeRegularly } from '../postgres/purge-regularly.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
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

let database: ServiceDatabase;
let purging: Promise<unknown>[];
let inbox: Pick<PostgresMessaging['inbox'], 'purge'>;
let lines: string[];

const logger = createLogger({ name: 'spec', destination: { write: (line) => void lines.push(line) } });

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  lines = [];
  purging = [];
  const real = createPostgresMessaging(database).inbox;
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
  await database.close();
});

async function remembered(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ message_id: string }>(
    'SELECT message_id FROM inbox ORDER BY message_id',
  );
  return rows.map(({ message_id }) => message_id);
}

it('forgets every hour what is older than 30 days, and nothing younger, until it is stopped', async () => {
  await database.pool.query(
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
  await database.pool.query('ALTER TABLE inbox RENAME TO inbox_away');
  const stop = purgeRegularly(purgeOfInbox(inbox), logger);
  jest.advanceTimersByTime(HOUR_MS);
  await Promise.allSettled(purging);
  await new Promise(setImmediate);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', msg: expect.stringContaining('trying again later') },
  ]);
  await database.pool.query('ALTER TABLE inbox_away RENAME TO inbox');
  await new Promise(setImmediate);
  jest.advanceTimersByTime(HOUR_MS);
  expect(await Promise.all(purging.slice(1))).toEqual([0]);
  await stop();
});

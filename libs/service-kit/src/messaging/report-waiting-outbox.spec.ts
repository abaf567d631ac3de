import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import { createPostgresMessaging, messagingSchema, type PostgresOutbox } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { createLogger } from '../logging/create-logger.js';
import { createPool } from '../postgres/create-pool.js';
import { migrate } from '../postgres/migrate.js';
import { reportOnce, reportWaitingOutbox } from './report-waiting-outbox.js';

let database: TestDatabase;
let pool: Pool;
let outbox: PostgresOutbox;
let lines: Record<string, unknown>[];
let written: PromiseWithResolvers<void>;

const connect = (url: string) => createPool({ url, applicationName: 'spec', onError: () => {} });

async function prepare(url: string): Promise<void> {
  const empty = connect(url);
  await migrate(empty, messagingSchema);
  await empty.end();
}

beforeEach(async () => {
  database = await cloneDatabase({ template: 'outbox', prepare });
  pool = connect(database.url);
  outbox = createPostgresMessaging({ pool }).outbox;
  lines = [];
  written = Promise.withResolvers();
});

afterEach(async () => {
  jest.useRealTimers();
  await pool.end();
  await database.drop();
});

const report = () => reportOnce(outbox, logger());

function logger() {
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      written.resolve();
      done();
    },
  });
  return createLogger({ name: 'spec', destination });
}

async function addMessage(): Promise<void> {
  const envelope = {
    id: 'm-1',
    type: 't',
    version: 1,
    source: '/spec',
    time: '2026-01-01T00:00:00.000Z',
    contentType: 'application/json',
    headers: {},
    body: Buffer.from('{}'),
  };
  await outbox.add(pool, [{ to: { queue: 'q' }, envelope }]);
}

it('says nothing of an empty outbox, nor of a message that was just written', async () => {
  await report();
  await addMessage();
  await report();
  expect(lines).toEqual([]);
});

it('says how long the oldest message has waited', async () => {
  await addMessage();
  await pool.query("UPDATE outbox SET created_at = now() - interval '2 minutes'");
  await report();
  expect(lines).toMatchObject([{ level: 'warn', msg: 'messages wait in the outbox', outboxRows: 1 }]);
  expect(lines[0]?.['outboxOldestAgeSeconds']).toBeGreaterThanOrEqual(120);
});

it('says when it cannot look', async () => {
  await pool.query('DROP TABLE outbox');
  const stop = reportWaitingOutbox(outbox, logger(), 1);
  await written.promise;
  await stop();
  expect(lines[0]).toMatchObject({ level: 'warn', msg: expect.stringContaining('could not be looked at') });
});

it('looks once a minute, until it is stopped', async () => {
  jest.useFakeTimers();
  const backlog = jest.fn(async () => ({ rows: 0, oldestAgeMs: 0, heldKeys: 0, dead: 0 }));
  const stop = reportWaitingOutbox({ backlog }, createLogger({ name: 'spec', level: 'silent' }));
  await jest.advanceTimersByTimeAsync(59_999);
  expect(backlog).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(60_001);
  expect(backlog).toHaveBeenCalledTimes(2);
  await stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(backlog).toHaveBeenCalledTimes(2);
});

import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createPostgresMessaging, type PostgresOutbox } from '@orderflow/messaging/postgres';
import { createLogger } from '../logging/create-logger.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { reportOnce, reportWaitingOutbox } from './report-waiting-outbox.js';

let database: ServiceDatabase;
let outbox: PostgresOutbox;
let lines: Record<string, unknown>[];
let written: PromiseWithResolvers<void>;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  outbox = createPostgresMessaging(database).outbox;
  lines = [];
  written = Promise.withResolvers();
});

afterEach(async () => {
  jest.useRealTimers();
  await database.close();
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
  await outbox.add(database.pool, [{ to: { queue: 'q' }, envelope }]);
}

it('says nothing of an empty outbox, nor of a message that was just written', async () => {
  await report();
  await addMessage();
  await report();
  expect(lines).toEqual([]);
});

it('says how long the oldest message has waited', async () => {
  await addMessage();
  await database.pool.query("UPDATE outbox SET created_at = now() - interval '2 minutes'");
  await report();
  expect(lines).toMatchObject([{ level: 'warn', msg: 'messages wait in the outbox', outboxRows: 1 }]);
  expect(lines[0]?.['outboxOldestAgeSeconds']).toBeGreaterThanOrEqual(120);
});

it('says how many messages are set aside, and how many keys are held', async () => {
  await addMessage();
  const columns =
    'id, bucket, destination_kind, destination, message_id, type, version, source, time, content_type, headers, body, created_at';
  await database.pool.query(`INSERT INTO outbox_dead (${columns}, reason) SELECT ${columns}, 'Too large.' FROM outbox`);
  await database.pool.query(
    "INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, last_error) VALUES (1, 'k', 3, now(), 'No.')",
  );
  await report();
  expect(lines).toMatchObject([
    { level: 'warn', msg: 'messages of the outbox were set aside', outboxSetAside: 1 },
    { level: 'warn', msg: 'ordering keys of the outbox are held', outboxHeldKeys: 1, outboxHeldRows: 0 },
  ]);
});

it('says when it cannot look', async () => {
  await database.pool.query('DROP TABLE outbox');
  const stop = reportWaitingOutbox(outbox, logger(), 1);
  await written.promise;
  await stop();
  expect(lines[0]).toMatchObject({ level: 'warn', msg: expect.stringContaining('could not be looked at') });
});

it('looks once a minute, until it is stopped', async () => {
  jest.useFakeTimers();
  const backlog = jest.fn(async () => ({
    rows: 0,
    isEstimate: false,
    oldestAgeMs: 0,
    heldKeys: 0,
    heldRows: 0,
    dead: 0,
  }));
  const stop = reportWaitingOutbox({ backlog }, createLogger({ name: 'spec', level: 'silent' }));
  await jest.advanceTimersByTimeAsync(59_999);
  expect(backlog).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(60_001);
  expect(backlog).toHaveBeenCalledTimes(2);
  await stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(backlog).toHaveBeenCalledTimes(2);
});

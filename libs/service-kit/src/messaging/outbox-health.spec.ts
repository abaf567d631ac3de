import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createMemoryTransport } from '@orderflow/messaging/memory';
import { createLogger } from '../logging/create-logger.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { MessagingResources } from './messaging-resources.js';

let database: ServiceDatabase;
let resources: MessagingResources;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  const options = {
    config: messagingConfig(database.url, { MAX_ATTEMPTS: 1 }),
    logger: createLogger({ name: 'books', level: 'silent' }),
    metrics: createMetrics('books'),
    name: 'books',
    queue: 'books',
    contracts: [],
    migrations: [],
    restartWhenStalled: false,
  };
  resources = await MessagingResources.open(options, createMemoryTransport({ topology: { queues: ['books'] } }));
  await resources.prepare();
});

afterEach(async () => {
  await resources.close();
  await database.close();
});

const check = async () =>
  resources
    .health()
    .find(({ name }) => name === 'outbox')
    ?.check();

it('of a service is well when nothing waits', async () => {
  expect(await check()).toMatchObject({ rows: 0, heldKeys: 0, heldRows: 0, dead: 0 });
});

it('names the destination that is in trouble, and why', async () => {
  const envelope = {
    id: 'm-1',
    type: 't',
    version: 1,
    source: '/spec',
    time: '2026-01-01T00:00:00.000Z',
    contentType: 'text/plain',
    headers: {},
    body: Buffer.from('x'),
  };
  await resources.messaging.transaction((tx) =>
    resources.messaging.outbox.add(tx, [{ to: { queue: 'nowhere' }, envelope }]),
  );
  await expect(untilUnwell()).rejects.toThrow(/^1 messages wait: queue nowhere: QueueNotFound: /);
});

it('says how many messages are set aside, and how many keys are held', async () => {
  await resources.pool.query(
    `INSERT INTO outbox_dead (id, bucket, destination_kind, destination, message_id, type, version, source, time,
                              content_type, headers, body, created_at, reason)
     VALUES (1, 0, 'queue', 'books', 'm', 't', 1, '/spec', '', 'text/plain', '{}', 'x', now(), 'Too large.')`,
  );
  await resources.pool.query(
    "INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, last_error) VALUES (1, 'k', 3, now(), 'No.')",
  );
  await expect(check()).rejects.toThrow('1 ordering keys are held; 1 messages are set aside');
});

/** Checks until it throws; at most 10 s, so that a failing test ends. */
async function untilUnwell(): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    await check();
  }
}

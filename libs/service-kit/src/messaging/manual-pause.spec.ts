import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker } from '@orderflow/messaging/memory';
import { MessageHandler } from '@orderflow/messaging/nest';
import { createManualPauses } from '@orderflow/messaging/postgres';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { composeMessagingService } from './compose-messaging-service.js';
import { watchManualPause } from './watch-manual-pause.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };
const write = createEnvelopeWriter('/spec');
const outgoing = (id: string): Outgoing => ({ to: { queue: 'books' }, envelope: write(lend, {}, { id }) });
const logger = createLogger({ name: 'books', level: 'silent' });

let handled = 0;

@Controller()
class Lending {
  @MessageHandler(lend)
  async lend(): Promise<void> {
    handled += 1;
  }
}

class LibraryModule {}

let database: ServiceDatabase;
let broker: MemoryBroker;
let replicas: RunningService[];

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({ topology: { queues: ['books'] } });
  replicas = [];
  handled = 0;
});

afterEach(async () => {
  for (const replica of replicas) await replica.stop();
  broker.close();
  await database.close();
});

async function startReplica(): Promise<RunningService> {
  const config = messagingConfig(database.url, { MAX_CONCURRENCY: 4 });
  const context = { config, logger, metrics: createMetrics('books') };
  const options = { name: 'books', queue: 'books', contracts: [lend], migrations: [], restartWhenStalled: true };
  const module = { module: LibraryModule, controllers: [Lending] };
  const transport = createMemoryTransport({ broker });
  const parts = await composeMessagingService({ ...context, ...options, module }, async () => transport);
  const replica = await startService(context, parts);
  replicas.push(replica);
  return replica;
}

interface Report {
  readonly ordered: { readonly reason: string } | null;
  readonly paused: { readonly dependency: string; readonly detail: string } | null;
}

const reportOf = async ({ url }: RunningService) => (await (await fetch(`${url}/ops/pause`)).json()) as Report;

async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await check())) await new Promise(setImmediate);
}

it('pauses every replica, also one that starts later, and resumes them', async () => {
  const [one, two] = [await startReplica(), await startReplica()];
  const order = { method: 'PUT', headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${one.url}/ops/pause`, { ...order, body: JSON.stringify({ reason: 'stocktaking' }) });
  expect(answer.status).toBe(200);
  await until(async () => (await reportOf(two)).paused !== null);
  const three = await startReplica();
  for (const replica of [one, two, three]) {
    expect(await reportOf(replica)).toMatchObject({
      queue: 'books',
      ordered: { reason: 'stocktaking' },
      paused: { dependency: 'manual', detail: 'stocktaking' },
    });
    const ready = await fetch(`${replica.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(JSON.stringify(await ready.json())).toContain('stocktaking');
    expect((await fetch(`${replica.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${replica.url}/metrics`)).text()).toMatch(
      /orderflow_endpoint_paused\{queue="books",dependency="manual",service="books"\} 1/,
    );
  }
  const sender = createMemoryTransport({ broker });
  await sender.send([outgoing('m-1')]);
  await new Promise(setImmediate);
  expect(handled).toBe(0);

  expect((await fetch(`${two.url}/ops/pause`, { method: 'DELETE' })).status).toBe(204);
  await until(() => handled === 1);
  await until(async () => (await reportOf(one)).paused === null);
  expect(await reportOf(three)).toMatchObject({ ordered: null });
});

it('refuses a pause without a reason', async () => {
  const one = await startReplica();
  const order = { method: 'PUT', headers: { 'content-type': 'application/json' } };
  expect((await fetch(`${one.url}/ops/pause`, { ...order, body: '{}' })).status).toBe(400);
  expect(await reportOf(one)).toMatchObject({ ordered: null, paused: null });
});

it('keeps to what was known last while the database is away', async () => {
  const pauses = createManualPauses(database.pool);
  await pauses.pause('books', 'stocktaking');
  const known: string[] = [];
  const failures = Promise.withResolvers<void>();
  let isAway = false;
  const stop = await watchManualPause({
    queue: 'books',
    everyMs: 5,
    pauses: { ...pauses, find: (queue) => (isAway ? Promise.reject(new Error('away')) : pauses.find(queue)) },
    consumer: { pause: (reason) => void known.push(reason), resume: () => void known.push('resumed') },
    onError: () => failures.resolve(),
  });
  expect(known).toEqual(['stocktaking']);
  isAway = true;
  await failures.promise;
  expect(known).not.toContain('resumed');
  await stop();
});

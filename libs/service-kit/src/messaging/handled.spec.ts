import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import type { Contract } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker } from '@orderflow/messaging/memory';
import { MessageHandler } from '@orderflow/messaging/nest';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { composeMessagingService } from './compose-messaging-service.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };

@Controller()
class Lending {
  @MessageHandler(lend)
  async lend(): Promise<void> {}
}
class LibraryModule {}

let database: ServiceDatabase;
let broker: MemoryBroker;
let service: RunningService;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({ topology: { queues: ['books'] } });
  const config = messagingConfig(database.url);
  const logger = createLogger({ name: 'books', level: 'silent' });
  const context = { config, logger, metrics: createMetrics('books') };
  const parts = await composeMessagingService(
    {
      ...context,
      ...{ name: 'books', queue: 'books', contracts: [lend], migrations: [], restartWhenStalled: true },
      module: { module: LibraryModule, controllers: [Lending] },
    },
    async () => createMemoryTransport({ broker }),
  );
  service = await startService(context, parts);
});
afterEach(async () => {
  await service.stop();
  broker.close();
  await database.close();
});

interface Report {
  readonly handled?: readonly string[];
  readonly items?: readonly { readonly id: string; readonly consumer: string; readonly at: string }[];
}

async function ask(body: object) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${service.url}/ops/handled`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Report };
}

it('says which messages any consumer of this app has handled, and no other', async () => {
  expect((await ask({ ids: ['a'] })).body).toEqual({ handled: [], items: [] });
  await database.pool.query(
    `INSERT INTO inbox (consumer, message_id) VALUES ('books', 'a'), ('books', 'b'), ('returns', 'b'), ('returns', 'c')`,
  );
  const { status, body } = await ask({ ids: ['a', 'b', 'c', 'd'] });
  expect(status).toBe(200);
  expect([...(body.handled ?? [])].sort()).toEqual(['a', 'b', 'c']);
  expect((await ask({ ids: [] })).body).toEqual({ handled: [], items: [] });
});

it('says by which consumer and when', async () => {
  await database.pool.query(
    `INSERT INTO inbox (consumer, message_id, handled_at) VALUES
       ('books', 'a', '2026-01-01T00:00:00.5Z'), ('returns', 'a', '2026-01-02T00:00:00Z'), ('books', 'b', now())`,
  );
  const { items = [] } = (await ask({ ids: ['a'] })).body;
  expect([...items].sort((one, other) => one.at.localeCompare(other.at))).toEqual([
    { id: 'a', consumer: 'books', at: '2026-01-01T00:00:00.500Z' },
    { id: 'a', consumer: 'returns', at: '2026-01-02T00:00:00.000Z' },
  ]);
});

it('refuses what is no list of ids', async () => {
  const many = Array.from({ length: 1_001 }, (_, n) => `m-${n}`);
  for (const body of [
    {},
    { ids: 'a' },
    { ids: [''] },
    { ids: ['a\u0000'] },
    { ids: many },
    { ids: [], colour: 'red' },
  ]) {
    expect((await ask(body)).status).toBe(400);
  }
});

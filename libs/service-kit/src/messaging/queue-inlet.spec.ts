import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { type Contract, createEnvelopeWriter } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { MessageHandler } from '@orderflow/messaging/nest';
import { createManualPauses } from '@orderflow/messaging/postgres';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { composeMessagingService } from './compose-messaging-service.js';
import type { MessagingConfig } from './messaging-settings.js';

interface Loan {
  readonly book: string;
}
const lend: Contract<Loan> = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value as Loan };
const write = createEnvelopeWriter('/spec');
const handled: string[] = [];

@Controller()
class Lending {
  @MessageHandler(lend)
  async lend({ book }: Loan): Promise<void> {
    handled.push(book);
  }
}
class LibraryModule {}

/** What the log says became of messages, and the endpoints' own lines. */
class Lines {
  readonly all: Record<string, unknown>[] = [];
  #wake = (): void => {};

  write(text: string): void {
    this.all.push(JSON.parse(text) as Record<string, unknown>);
    this.#wake();
  }

  async until(isThere: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.all.find(isThere);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

let database: ServiceDatabase;
let broker: MemoryBroker;
let sender: MemoryTransport;
let lines: Lines;
let service: RunningService | undefined;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({ topology: { queues: ['books'], sessionQueues: ['books-ordered'] } });
  sender = createMemoryTransport({ broker });
  lines = new Lines();
  handled.length = 0;
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await sender.close();
  broker.close();
  await database.close();
});

async function start(changes: Partial<MessagingConfig> = {}): Promise<RunningService> {
  const config = messagingConfig(database.url, { ORDERED: true, MAX_CONCURRENCY: 4, ...changes });
  const logger = createLogger({ name: 'books', destination: lines });
  const context = { config, logger, metrics: createMetrics('books') };
  const options = {
    name: 'books',
    queue: 'books',
    passesOn: true,
    contracts: [lend],
    migrations: [],
    restartWhenStalled: true,
    module: { module: LibraryModule, controllers: [Lending] },
  };
  const transport = createMemoryTransport({ broker });
  service = await startService(
    context,
    await composeMessagingService({ ...context, ...options }, async () => transport),
  );
  return service;
}

const send = (id: string) =>
  sender.send([{ to: { queue: 'books' }, envelope: write(lend, { book: id }, { id, orderingKey: id }) }]);

it('passes nothing on while the service is paused, also when it starts then', async () => {
  await createManualPauses(database.pool).pause('books-ordered', 'stocktaking');
  const { url } = await start();
  await send('while-paused');
  // Longer than an inlet that is not paused takes: it has the message at hand, and one transaction to make.
  for (let look = 0; look < 20; look += 1) await fetch(`${url}/health/ready`);
  const passedOn = await database.pool.query("SELECT FROM inbox WHERE consumer = 'books/inlet'");
  expect([passedOn.rowCount, handled]).toEqual([0, []]);

  expect((await fetch(`${url}/ops/pause`, { method: 'DELETE' })).status).toBe(204);
  await lines.until(({ queue, outcome }) => queue === 'books-ordered' && outcome === 'complete');
  expect(handled).toEqual(['while-paused']);

  const order = { method: 'PUT', headers: { 'content-type': 'application/json' } };
  await fetch(`${url}/ops/pause`, { ...order, body: JSON.stringify({ reason: 'stocktaking' }) });
  await send('paused-again');
  for (let look = 0; look < 20; look += 1) await fetch(`${url}/health/ready`);
  const again = await database.pool.query("SELECT FROM inbox WHERE message_id = 'paused-again'");
  expect([again.rowCount, handled]).toEqual([0, ['while-paused']]);
});

it('tries again as the variables say, then dead-letters where the message came', async () => {
  await database.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Not now.'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION refuse();`);
  await start({ MAX_ATTEMPTS: 2 });
  await send('refused');
  await lines.until(({ queue, outcome }) => queue === 'books' && outcome === 'dead-letter');
  await service?.stop();
  expect((await sender.deadLetters.peek('books')).letters).toMatchObject([{ id: 'refused', attempt: 2 }]);
  expect(handled).toEqual([]);
});

import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { type Contract, createEnvelopeWriter, TransportError } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker } from '@orderflow/messaging/memory';
import { MessageHandler, MessagingServer } from '@orderflow/messaging/nest';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { MessagingResources } from './messaging-resources.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };

@Controller()
class Lending {
  @MessageHandler(lend)
  lend(): void {}
}

let database: ServiceDatabase;
let broker: MemoryBroker;
let service: RunningService | undefined;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({ topology: { queues: ['books'] } });
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  broker.close();
  await database.close();
});

it('logs once what fails at each attempt, of its receiver and of its outbox, and what was left out at its end', async () => {
  const transport = createMemoryTransport({ broker });
  const away = new TransportError('Unreachable', 'away', true);
  let heard: (error: TransportError) => void = () => {};
  const subscribe = transport.subscribe.bind(transport);
  jest.spyOn(transport, 'subscribe').mockImplementation((queue, consume, options) => {
    heard = options.onError;
    return subscribe(queue, consume, options);
  });
  jest.spyOn(transport, 'send').mockRejectedValue(away);
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const said = (text: string) => lines.filter(({ msg }) => String(msg).startsWith(text));
  const logger = createLogger({ name: 'books', destination });
  const context = { config: messagingConfig(database.url), logger, metrics: createMetrics('books') };
  const options = { name: 'books', queue: 'books', contracts: [lend], migrations: [], restartWhenStalled: true };
  const messaging = await MessagingResources.open({ ...context, ...options }, transport);
  class LibraryModule {}
  service = await startService(context, {
    module: {
      module: LibraryModule,
      controllers: [Lending],
      providers: [{ provide: MessagingServer, useValue: messaging.server }],
    },
    strategy: () => messaging.server,
    health: () => messaging.health(),
    prepare: () => messaging.prepare(),
    close: () => messaging.close(),
  });
  for (let times = 0; times < 500; times += 1) heard(away);
  expect(said('the broker is in trouble')).toMatchObject([{ level: 'warn', queue: 'books', code: 'Unreachable' }]);

  const envelope = createEnvelopeWriter('/spec')(lend, {});
  await messaging.messaging.outbox.add(database.pool, [{ to: { queue: 'books' }, envelope }]);
  const unsent = 'the outbox could not be sent';
  while (said(unsent).length === 0) await new Promise(setImmediate);
  await service.stop();
  service = undefined;
  expect(said('the broker is in trouble')).toMatchObject([{}, { again: 499, times: 500 }]);
});

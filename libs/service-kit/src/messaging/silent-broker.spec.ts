import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller, Inject } from '@nestjs/common';
import { type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { MessageHandler, MessagingServer } from '@orderflow/messaging/nest';
import { TcpProxy } from '@orderflow/messaging/testing';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { MessagingResources } from './messaging-resources.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };
const write = createEnvelopeWriter('/spec');
const outgoing = (id: string, queue: string): Outgoing => ({ to: { queue }, envelope: write(lend, {}, { id }) });
const topology = parseTopology(
  JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'n', Queues: [{ Name: 'books' }, { Name: 'returns' }] }] } }),
);
const logger = createLogger({ name: 'books', level: 'silent' });

@Controller()
class Lending {
  constructor(@Inject('work') private readonly work: () => Promise<void>) {}

  @MessageHandler(lend)
  lend(): Promise<void> {
    return this.work();
  }
}

let database: ServiceDatabase;
let broker: Broker;
let proxy: TcpProxy;
beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = await startBroker({ topology });
  proxy = await TcpProxy.to(broker.port);
});
afterEach(async () => {
  await proxy.close();
  await broker.close();
  await database.close();
});

async function start(messaging: MessagingResources, work: () => Promise<void>): Promise<RunningService> {
  const providers = [
    { provide: MessagingServer, useValue: messaging.server },
    { provide: 'work', useValue: work },
  ];
  class LibraryModule {}
  const context = {
    config: messagingConfig(database.url, { SHUTDOWN_TIMEOUT: 3_000 }),
    logger,
    metrics: createMetrics('books'),
  };
  return startService(context, {
    module: { module: LibraryModule, controllers: [Lending], providers },
    strategy: () => messaging.server,
    health: () => messaging.health(),
    prepare: () => messaging.prepare(),
    close: () => messaging.close(),
  });
}

it('stops in time on a network that has fallen silent: the relay has stopped and the pool is closed', async () => {
  const connectionString = `Endpoint=sb://127.0.0.1:${proxy.port};SharedAccessKeyName=a;SharedAccessKey=a;UseDevelopmentEmulator=true`;
  const transport = createAzureServiceBusTransport({ connectionString });
  const began = Promise.withResolvers<void>();
  const context = {
    config: messagingConfig(database.url, { SHUTDOWN_TIMEOUT: 3_000 }),
    logger,
    metrics: createMetrics('books'),
  };
  const options = { name: 'books', queue: 'books', contracts: [lend], migrations: [], restartWhenStalled: true };
  const messaging = await MessagingResources.open({ ...context, ...options }, transport);
  const service = await start(messaging, async () => {
    proxy.silence();
    // A batch of the outbox is under way as well, and the message will not be settled.
    await messaging.messaging.transaction((tx) => messaging.messaging.outbox.add(tx, [outgoing('m-2', 'returns')]));
    began.resolve();
  });
  const sending = createAzureServiceBusTransport({
    connectionString: connectionString.replace(`:${proxy.port}`, `:${broker.port}`),
  });
  await sending.send([outgoing('m-1', 'books')]);
  await sending.close();
  await began.promise;
  const startedAt = performance.now();
  await service.stop();
  // 0.8 of the limit for the drain, 3 s for the transport; the SDK alone takes two minutes.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(messaging.pool.ended).toBe(true);
  expect(messaging.pool.totalCount).toBe(0);
  await expect(transport.send([])).rejects.toMatchObject({ code: 'Closed' });
  // Not lost: its row is still there.
  expect((await database.pool.query('SELECT FROM outbox')).rowCount).toBe(1);
}, 60_000);

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller, Inject } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { context, trace } from '@opentelemetry/api';
import { type Contract, createEnvelopeWriter } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { type MessageContext, MessageHandler } from '@orderflow/messaging/nest';
import { receive } from '@orderflow/messaging/testing';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { TransportName } from '../config/broker-address.js';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { composeMessagingService } from './compose-messaging-service.js';
import { MessagingResources } from './messaging-resources.js';

const lend: Contract = { type: 'book.lend', version: 1, kind: 'command', parse: (value) => value };
const write = createEnvelopeWriter('/spec');

/** Answers each message with one for the queue of returns, by the outbox. */
@Controller()
class Lending {
  constructor(@Inject(MessagingResources) private readonly resources: MessagingResources) {}

  @MessageHandler(lend)
  async lend(@Ctx() { message }: MessageContext): Promise<void> {
    const { messaging } = this.resources;
    const answer = { to: { queue: 'returns' }, envelope: write(lend, {}, { id: `of ${message.id}` }) };
    await messaging.transaction((tx) => messaging.outbox.add(tx, [answer]));
  }
}
class LibraryModule {}

let database: ServiceDatabase;
let broker: MemoryBroker;
let sender: MemoryTransport;
let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;
let service: RunningService | undefined;

beforeEach(async () => {
  database = await openServiceDatabase('messaging');
  broker = new MemoryBroker({
    topology: { queues: ['books', 'returns'], sessionQueues: ['books-ordered'] },
  });
  sender = createMemoryTransport({ broker });
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  trace.disable();
  context.disable();
  await provider.shutdown();
  await sender.close();
  broker.close();
  await database.close();
});

async function start(transport: TransportName, ORDERED: boolean): Promise<void> {
  const config = messagingConfig(database.url, { MESSAGING_TRANSPORT: transport, ORDERED });
  const shared = { config, logger: createLogger({ name: 'books', level: 'silent' }), metrics: createMetrics('books') };
  const parts = await composeMessagingService(
    {
      ...shared,
      name: 'books',
      queue: 'books',
      passesOn: true,
      contracts: [lend],
      migrations: [],
      restartWhenStalled: true,
      module: { module: LibraryModule, controllers: [Lending] },
    },
    async () => createMemoryTransport({ broker }),
  );
  service = await startService(shared, parts);
}

it.each<[TransportName, boolean, readonly string[]]>([
  ['azure-service-bus', false, ['servicebus: process books', 'servicebus: send returns']],
  ['rabbitmq', false, ['rabbitmq: process books', 'rabbitmq: send returns']],
  [
    'rabbitmq',
    true,
    [
      'rabbitmq: process books',
      'rabbitmq: process books-ordered',
      'rabbitmq: send books-ordered',
      'rabbitmq: send returns',
    ],
  ],
])('of a service on %s name the broker that it runs on; ordered: %s', async (transport, isOrdered, expected) => {
  await start(transport, isOrdered);
  await sender.send([{ to: { queue: 'books' }, envelope: write(lend, {}, { id: 'm-1' }) }]);
  expect((await (await receive(sender, 'returns')).complete()).envelope.id).toBe('of m-1');
  await service?.stop();
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name, attributes }) => `${String(attributes['messaging.system'])}: ${name}`).sort()).toEqual(
    expected,
  );
});

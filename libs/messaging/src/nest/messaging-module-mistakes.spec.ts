import 'reflect-metadata';
import { afterEach, expect, it } from '@jest/globals';
import { Controller, Injectable, type LoggerService, Module, type ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Contract } from '../contract.js';
import { createEnvelopeWriter } from '../envelope-writer.js';
import { createMessagingHarness } from '../testing/messaging-harness.js';
import { createMemoryTransport } from '../transports/memory/index.js';
import { MessageHandler } from './message-handler.js';
import { MessagingModule } from './messaging-module.js';
import { startMessaging } from './start-messaging.js';
import { useHarness } from './use-harness.js';

const contract = (type: string): Contract => ({ type, version: 1, kind: 'event', parse: (value) => value });

@Controller()
class Parcels {
  @MessageHandler(contract('order.paid'))
  paid() {}
}

class Books {
  @MessageHandler(contract('book.sold'))
  sold() {}
}

@Injectable()
class Packing extends Books {
  @MessageHandler(contract('order.cancelled'))
  cancelled() {}
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function createApp(metadata: ModuleMetadata) {
  const harness = createMessagingHarness({ topology: { queues: ['shipping'] } });
  const own = createMemoryTransport({ topology: { queues: ['shipping'] } });
  @Module({
    ...metadata,
    imports: [
      MessagingModule.forRoot({ transport: own, source: '/s', consumer: { queue: 'shipping', concurrency: 1 } }),
    ],
  })
  class App {}
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const logger: LoggerService = { log, warn: log, error: log };
  const builder = useHarness(Test.createTestingModule({ imports: [App] }), harness).setLogger(logger);
  const app = (await builder.compile()).createNestApplication(new FastifyAdapter());
  stops.push(async () => {
    await app.close();
    await harness.close();
  });
  return { app, lines, own };
}

const notConsumed = 'Queue "shipping" is not consumed: call startMessaging(app) before app.listen().';

it('refuses handlers where Nest does not look for any, all of them', async () => {
  const { app } = await createApp({
    controllers: [Parcels],
    providers: [Packing, { provide: 'f', useFactory: () => 1 }],
  });
  const failure = (await startMessaging(app).catch((error: unknown) => error)) as Error;
  expect(failure.message).toContain(
    'Packing.cancelled would never be called with "order.cancelled": Nest asks controllers only. List Packing under `controllers`.',
  );
  expect(failure.message).toContain('Packing.sold would never be called with "book.sold"');
  expect(failure.message).not.toContain('Parcels');
});

it('takes a controller that is provided as well, and says nothing when it starts', async () => {
  const { app, lines } = await createApp({ controllers: [Parcels], providers: [Parcels] });
  await startMessaging(app);
  expect(lines).not.toContain(notConsumed);
});

it('says so when an app runs whose queue nobody consumes', async () => {
  const { app, lines } = await createApp({ controllers: [Parcels] });
  await app.init();
  expect(lines).toContain(notConsumed);
});

it('closes also the transport that a test put another in the place of', async () => {
  const { app, own } = await createApp({ controllers: [Parcels] });
  await startMessaging(app);
  await app.close();
  const envelope = createEnvelopeWriter('/spec')(contract('order.paid'), {});
  await expect(own.send([{ to: { queue: 'shipping' }, envelope }])).rejects.toThrow(/closed/i);
});

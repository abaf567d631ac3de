import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, Module, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import type { Contract } from '../contract.js';
import { PermanentError } from '../errors.js';
import { createMemoryMessaging, type MemoryMessaging } from '../inbox/memory-messaging.js';
import { createMessagingHarness, type MessagingHarness } from '../testing/messaging-harness.js';
import { receive } from '../testing/receive.js';
import { createMemoryTransport } from '../transports/memory/index.js';
import type { MessageContext } from './message-context.js';
import { MessageHandler } from './message-handler.js';
import { MessagingHealth } from './messaging-health.js';
import { MessagingModule } from './messaging-module.js';
import type { MessagingModuleOptions } from './messaging-module-options.js';
import { MessagingServer } from './messaging-server.js';
import { Publisher } from './publisher.js';
import { startMessaging } from './start-messaging.js';
import { useHarness } from './use-harness.js';

interface Order {
  readonly orderId: string;
}
const contract = (type: string): Contract<Order> => ({
  type,
  version: 1,
  kind: 'event',
  parse(value) {
    if (typeof (value as Partial<Order>).orderId !== 'string') throw new Error('orderId must be a text');
    return value as Order;
  },
});
const orderPaid = contract('order.paid');
const parcelsPacked = contract('parcels.packed');
const topology = { queues: ['shipping', 'audit'], topics: { events: { audit: { forwardTo: 'audit' } } } };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const MEMORY = Symbol('memory messaging');

@Injectable()
class Packing {
  attempts: number[] = [];
  fails = 0;

  constructor(
    @Inject(Publisher) private readonly publisher: Publisher,
    @Inject(MEMORY) private readonly memory: MemoryMessaging,
  ) {}

  async pack({ orderId }: Order, { message, delivery, cause }: MessageContext): Promise<void> {
    this.attempts.push(delivery.attempt);
    if (orderId === 'never') throw new PermanentError('Unknown', 'no such order');
    if (this.attempts.length <= this.fails) throw new Error('the printer is out of paper');
    await this.memory.inbox.once('shipping', message.id, (tx) =>
      this.publisher.add(tx, parcelsPacked, { orderId }, { cause, orderingKey: orderId }),
    );
  }
}

@Controller()
class Parcels {
  constructor(@Inject(Packing) private readonly packing: Packing) {}

  @MessageHandler(orderPaid, { retry: { delayed: [1_800_000], jitter: 'none' } })
  paid(@Payload() order: Order, @Ctx() context: MessageContext): Promise<void> {
    return this.packing.pack(order, context);
  }
}

/** An app, with the memory messaging that it has in the place of a database. */
function appOf(
  options: Partial<MessagingModuleOptions>,
  controllers: Type[] = [Parcels],
  memory = createMemoryMessaging(),
): Type {
  @Module({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      MessagingModule.forRootAsync({
        inject: [],
        useFactory: () => ({
          transport: createMemoryTransport({ topology: { queues: [] } }),
          source: '/shipping',
          routes: [{ contracts: [parcelsPacked], to: { topic: 'events' } }],
          consumer: { queue: 'shipping', concurrency: 4 },
          messaging: memory,
          ...options,
        }),
      }),
    ],
    controllers,
    providers: [Packing, { provide: MEMORY, useValue: memory }],
  })
  class App {}
  return App;
}

async function start(App: Type, harness = createMessagingHarness({ topology })) {
  const builder = useHarness(Test.createTestingModule({ imports: [App] }), harness);
  const app = (await builder.compile()).createNestApplication(new FastifyAdapter(), { logger: false });
  stops.push(async () => {
    await app.close();
    await harness.close();
  });
  await startMessaging(app);
  return { app, harness };
}

function started(harness: MessagingHarness = createMessagingHarness({ topology })) {
  const memory = createMemoryMessaging({ clock: harness.clock });
  return start(appOf({}, [Parcels], memory), harness);
}

describe('MessagingModule', () => {
  it('consumes, retries after half an hour, publishes through the outbox, and takes no time for it', async () => {
    const { app, harness } = await started();
    app.get(Packing).fails = 3;
    const begun = harness.clock.now();
    await harness.send({ queue: 'shipping' }, orderPaid, { orderId: 'a' });
    const { attempt } = await harness.delivered(orderPaid, { orderId: 'a' });
    expect(attempt).toBe(2);
    expect(harness.clock.now() - begun).toBeGreaterThanOrEqual(1_800_000);
    expect(app.get(Packing).attempts).toEqual([1, 1, 1, 2]);
    const { envelope } = await harness.published(parcelsPacked, { orderId: 'a' });
    expect(envelope).toMatchObject({ source: '/shipping', orderingKey: 'a' });
  });

  it('publishes straight to the broker by the routes, with a time', async () => {
    const { app, harness } = await started();
    const publisher = app.get(Publisher);
    const deliverAt = new Date(harness.clock.now() + 60_000);
    await publisher.publish(parcelsPacked, { orderId: 'b' }, { deliverAt, timeToLiveMs: 5_000 });
    const audit = await receive(harness.transport, 'audit');
    await harness.clock.advance(59_999);
    expect(audit.waiting).toBe(0);
    await harness.clock.advance(1);
    expect((await audit.complete()).envelope.type).toBe('parcels.packed');
    expect(publisher.outgoing(parcelsPacked, { orderId: 'c' }, { timeToLiveMs: 5 })).toMatchObject({ timeToLiveMs: 5 });
    await expect(publisher.publish(orderPaid, { orderId: 'b' })).rejects.toThrow(
      'No route leads anywhere for "order.paid": add its contract to the routes of MessagingModule, which are parcels.packed.',
    );
    await expect(publisher.publish(parcelsPacked, {} as Order)).rejects.toThrow('orderId must be a text');
  });

  it('needs an outbox for what belongs into one', async () => {
    const { app } = await start(appOf({ messaging: undefined as never }));
    const adding = app.get(Publisher).add({}, parcelsPacked, { orderId: 'b' });
    await expect(adding).rejects.toThrow('give MessagingModule a `messaging`');
  });

  it('says everything that stands in the way of its start at once', async () => {
    @Controller()
    class Broken {
      @MessageHandler(orderPaid, { retry: { immediate: [-1] }, timeoutMs: 0 })
      paid() {}

      @EventPattern<string>('plain')
      plain() {}
    }
    const old: Contract<Order> = {
      ...orderPaid,
      upcast: { to: { ...orderPaid, version: 2 }, convert: (order) => order },
    };
    const App = appOf(
      {
        source: '',
        routes: [{ contracts: [parcelsPacked, parcelsPacked, old], to: { topic: 'events' } }],
        consumer: { queue: 'shipping', concurrency: 0 },
      },
      [Broken],
    );
    const failure = await start(App).catch((error: unknown) => error as Error);
    const { message } = failure as Error;
    expect(message).toContain('Queue "shipping" cannot start, for 6 reasons:');
    for (const part of [
      'source is empty',
      'Two routes have a contract "parcels.packed"',
      'order.paid version 1 is an old version',
      'declare it with @MessageHandler',
      'timeoutMs must be from 1 to 86400000, not 0',
      'immediate',
      'concurrency',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('refuses a broker that lacks what it needs, and an app that consumes nothing', async () => {
    const harness = createMessagingHarness({ topology });
    const lacking = { scheduling: true, duplicateDetection: true };
    Object.defineProperty(harness.transport, 'capabilities', { value: lacking });
    await expect(start(appOf({ needs: ['timeToLive', 'cancelScheduled'] }), harness)).rejects.toThrow(
      'This broker has no timeToLive and no cancelScheduled',
    );
    const publishing = appOf({ consumer: undefined as never }, []);
    await expect(start(publishing)).rejects.toThrow('give MessagingModule a `consumer`');
    const broken = appOf({ consumer: undefined as never, source: '' }, []);
    const module = await Test.createTestingModule({ imports: [broken] }).compile();
    await expect(module.init()).rejects.toThrow('source is empty');
  });

  it('reports to Terminus', async () => {
    const { app } = await started();
    const health = app.get(MessagingHealth);
    const check = () =>
      app
        .get(HealthCheckService)
        .check([() => health.receiver(), () => health.consuming(), () => health.relay('outbox')]);
    expect(await check()).toMatchObject({
      status: 'ok',
      details: { receiver: { status: 'up', state: 'running' }, consuming: { status: 'up' }, outbox: { status: 'up' } },
    });
    app.get(MessagingServer).pause('for a while');
    await expect(check()).rejects.toMatchObject({
      response: { status: 'error', error: { consuming: { status: 'down', paused: { detail: 'for a while' } } } },
    });
    await app.close();
    expect(health.relay()).toMatchObject({ relay: { status: 'down', state: 'stopped' } });
    const stalled = { state: 'stalled', inFlight: 0, held: 0, breakers: {} } as const;
    const without = new MessagingHealth({ consumer: () => stalled, relay: () => undefined });
    expect(without.receiver()).toMatchObject({ receiver: { status: 'down' } });
    expect(without.relay()).toMatchObject({ relay: { status: 'up' } });
  });

  it('drains its consumer first, then stops the relay, then closes the broker', async () => {
    const order: string[] = [];
    const harness = createMessagingHarness({ topology });
    const memory = createMemoryMessaging({ clock: harness.clock });
    const watched = {
      outbox: memory.outbox,
      startRelay(options: Parameters<MemoryMessaging['startRelay']>[0]) {
        const relay = memory.startRelay(options);
        return {
          wake: () => relay.wake(),
          health: () => relay.health(),
          async stop() {
            order.push('relay');
            await relay.stop();
          },
        };
      },
    };
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    @Controller()
    class Slow implements OnApplicationShutdown {
      @MessageHandler(orderPaid)
      async paid() {
        begun.resolve();
        await end.promise;
        order.push('handled');
      }

      onApplicationShutdown() {
        order.push('databases close');
      }
    }
    const { app } = await start(appOf({ messaging: watched }, [Slow], memory), harness);
    const close = harness.transport.close.bind(harness.transport);
    harness.transport.close = async () => {
      order.push('broker');
      await close();
    };
    await harness.send({ queue: 'shipping' }, orderPaid, { orderId: 'a' });
    await begun.promise;
    const closed = app.close();
    end.resolve();
    await closed;
    expect(order.slice(0, 2)).toEqual(['handled', 'relay']);
    expect(order.slice(2).sort()).toEqual(['broker', 'databases close']);
  });
});

describe('the harness', () => {
  it('tells what was dead-lettered, each once', async () => {
    const { harness } = await started();
    await harness.send({ queue: 'shipping' }, orderPaid, { orderId: 'never' });
    const { settlement } = await harness.deadLettered(orderPaid, ({ orderId }) => orderId === 'never');
    expect(settlement).toEqual({ kind: 'dead-letter', reason: 'Unknown', detail: 'no such order' });
  });

  it('says what it saw when it waits in vain', async () => {
    const harness = createMessagingHarness({ topology, realTimeoutMs: 50 });
    await started(harness);
    await harness.send({ queue: 'shipping' }, orderPaid, { orderId: 'a' });
    await harness.delivered(orderPaid);
    const again = harness.delivered(orderPaid);
    await expect(again).rejects.toThrow(/No order.paid was delivered as wanted: .*parcels.packed published/);
  });
});

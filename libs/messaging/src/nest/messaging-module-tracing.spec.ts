import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Controller, Inject, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { context, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { lastValueFrom } from 'rxjs';
import type { Contract } from '../contract.js';
import { createMemoryMessaging, type MemoryMessaging } from '../inbox/memory-messaging.js';
import { traceMessaging } from '../opentelemetry/trace-messaging.js';
import { createMessagingHarness } from '../testing/messaging-harness.js';
import type { MessageContext } from './message-context.js';
import { MessagingClient } from './messaging-client.js';
import { MessageHandler } from './message-handler.js';
import { MessagingModule } from './messaging-module.js';
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
  parse: (value) => value as Order,
});
const paid = contract('order.paid');
const packed = contract('order.packed');
const sent = contract('order.sent');

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = trace.getTracer('spec');
const stops: (() => Promise<void>)[] = [];

beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  exporter.reset();
});
afterAll(async () => {
  trace.disable();
  context.disable();
  await provider.shutdown();
});

async function start() {
  const harness = createMessagingHarness({ topology: { queues: ['shipping', 'next'] } });
  const memory = createMemoryMessaging({ clock: harness.clock });

  @Controller()
  class Parcels {
    constructor(@Inject(Publisher) private readonly publisher: Publisher) {}

    @MessageHandler(paid)
    async pack(@Payload() order: Order, @Ctx() { cause }: MessageContext): Promise<void> {
      await memory.transaction((tx) => this.publisher.add(tx, packed, order, { cause }));
      await this.publisher.publish(sent, order);
    }
  }

  @Module({
    imports: [
      MessagingModule.forRoot({
        transport: harness.transport,
        source: '/shipping',
        routes: [
          { contracts: [paid], to: { queue: 'shipping' } },
          { contracts: [packed, sent], to: { queue: 'next' } },
        ],
        consumer: { queue: 'shipping', concurrency: 1 },
        messaging: memory,
        tracing: traceMessaging('memory'),
      }),
    ],
    controllers: [Parcels],
  })
  class App {}

  const builder = useHarness(Test.createTestingModule({ imports: [App] }), harness);
  const app = (await builder.compile()).createNestApplication(new FastifyAdapter(), { logger: false });
  stops.push(async () => {
    await app.close();
    await harness.close();
  });
  await startMessaging(app);
  return { publisher: app.get(Publisher), harness, memory };
}

/** Every span by its name, with the name of its parent. */
function tree(): readonly string[] {
  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map(({ name, parentSpanContext: parent }) => `${parent ? names.get(parent.spanId) : ''} > ${name}`)
    .sort();
}

const inSpan = (work: () => Promise<void>) =>
  tracer.startActiveSpan('POST /orders', async (span: Span) => {
    await work();
    span.end();
  });

const place = (memory: MemoryMessaging, publisher: Publisher) =>
  memory.transaction((tx) => publisher.add(tx, paid, { orderId: 'a' }));

it('one option makes a request, the outbox, the delivery and what that sends one tree', async () => {
  const { publisher, harness, memory } = await start();
  await inSpan(() => place(memory, publisher));
  await harness.delivered(paid);
  await harness.published(packed);
  expect(tree()).toEqual([
    ' > POST /orders',
    'POST /orders > process shipping',
    'POST /orders > send shipping',
    'process shipping > send next',
    'process shipping > send next',
  ]);
});

it("what Nest's client emits belongs to the request that emits it", async () => {
  const { harness } = await start();
  const client = new MessagingClient({
    transport: harness.transport,
    contracts: [sent],
    route: () => ({ queue: 'next' }),
    source: '/shop',
    tracing: traceMessaging('memory'),
  });
  await inSpan(() => lastValueFrom(client.emit('order.sent', { orderId: 'a' }), { defaultValue: undefined }));
  const { envelope } = await harness.published(sent);
  const [request] = exporter.getFinishedSpans().filter(({ name }) => name === 'POST /orders');
  expect(envelope.headers['traceparent']?.split('-')[2]).toBe(request?.spanContext().spanId);
  expect(tree()).toEqual([' > POST /orders', 'POST /orders > send next']);
});

it('a message keeps the cause that it is given, and one without anything under way begins a trace', async () => {
  const { publisher } = await start();
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const given = { correlationId: 'c', headers: { traceparent } };
  await inSpan(async () => {
    expect(publisher.outgoing(paid, { orderId: 'a' }, { cause: given }).envelope.headers).toEqual({ traceparent });
  });
  expect(publisher.outgoing(paid, { orderId: 'a' }).envelope.headers).toEqual({});
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { startConsumer } from '../consumer.js';
import type { Contract } from '../contract.js';
import { causeOf, createEnvelopeWriter } from '../envelope-writer.js';
import { PermanentError } from '../errors.js';
import { handle, type Handler } from '../handling.js';
import { createMemoryMessaging } from '../inbox/memory-messaging.js';
import { createMessagingHarness } from '../testing/messaging-harness.js';
import { outgoing } from '../testing/outgoing.js';
import { TransportError } from '../transport.js';
import { traceDeliveries } from './trace-deliveries.js';
import { traceSends } from './trace-sends.js';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const contract = (type: string): Contract => ({ type, version: 1, kind: 'event', parse: (value) => value });
const placed = contract('order.placed');
const accepted = contract('order.accepted');

beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => exporter.reset());
afterAll(async () => {
  trace.disable();
  context.disable();
  await provider.shutdown();
});

it('makes one connected tree of a request, its outbox, a retry, a dead letter, its replay and the last event', async () => {
  const harness = createMessagingHarness({ topology: { queues: ['orders', 'billing'] } });
  const { transport, clock } = harness;
  const messaging = createMemoryMessaging({ clock });
  const relay = messaging.startRelay({ transport: traceSends(transport, 'memory') });
  const write = createEnvelopeWriter('/spec');
  const add = (queue: string, envelope: ReturnType<typeof write>) =>
    messaging.transaction((tx) => messaging.outbox.add(tx, [{ to: { queue }, envelope }]));
  let deliveries = 0;
  const decide: Handler = async (message) => {
    deliveries += 1;
    if (deliveries === 1) throw new Error('not yet');
    if (deliveries === 2) throw new PermanentError('Jammed', 'an operator is needed');
    await add('billing', write(accepted, {}, { id: 'e-1', cause: causeOf(message) }));
  };
  const consume = (queue: string, on: Contract, handler: Handler) =>
    startConsumer({
      transport,
      ...harness.time,
      queue,
      handlers: [handle(on, handler)],
      middleware: [traceDeliveries('memory')],
      policy: { immediate: [], delayed: [1_800_000], jitter: 'none' },
      concurrency: 1,
      onError: (error) => {
        throw error;
      },
    });
  const consumers = [await consume('orders', placed, decide), await consume('billing', accepted, async () => {})];

  const request = trace.getTracer('spec').startSpan('POST /orders');
  const { traceId, spanId } = request.spanContext();
  const headers = { traceparent: `00-${traceId}-${spanId}-01` };
  await add('orders', write(placed, {}, { id: 'm-1', cause: { correlationId: 'c', headers } }));
  request.end();
  await harness.deadLettered(placed);
  await transport.deadLetters.replay('orders');
  await harness.delivered(placed);
  await harness.delivered(accepted);

  const spans = exporter.getFinishedSpans();
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const tree = spans.map(({ name, parentSpanContext, attributes }) => [
    name,
    parentSpanContext && nameOf.get(parentSpanContext.spanId),
    attributes['orderflow.message.settlement'],
  ]);
  expect(tree).toEqual(
    expect.arrayContaining([
      ['POST /orders', undefined, undefined],
      ['send orders', 'POST /orders', undefined],
      ['process orders', 'POST /orders', 'retry'],
      ['process orders', 'POST /orders', 'dead-letter'],
      ['process orders', 'POST /orders', 'complete'],
      ['send billing', 'process orders', undefined],
      ['process billing', 'process orders', 'complete'],
    ]),
  );
  expect(tree).toHaveLength(7);
  const last = spans.find(({ name }) => name === 'process billing');
  expect(last?.kind).toBe(SpanKind.CONSUMER);
  expect(last?.attributes).toMatchObject({
    'messaging.system': 'memory',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'billing',
    'messaging.message.id': 'e-1',
    'messaging.message.conversation_id': 'c',
  });
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await relay.stop();
  await harness.close();
});

describe('a send', () => {
  const traceparent = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
  const messages = ['a', 'b'].map((digit) => outgoing(digit, { headers: { traceparent: traceparent(digit) } }));

  it('of messages from several traces is linked to each, and part of none', async () => {
    await traceSends({ send: async () => {} }, 'memory').send([...messages, outgoing('without')]);
    const [span] = exporter.getFinishedSpans();
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.links.map((link) => link.context.traceId)).toEqual(['a'.repeat(32), 'b'.repeat(32)]);
    expect(span?.attributes['messaging.batch.message_count']).toBe(3);
  });

  it('that failed says why, and fails as it did', async () => {
    const busy = new TransportError('Busy', 'Later.', true);
    await expect(traceSends({ send: () => Promise.reject(busy) }, 'memory').send(messages)).rejects.toBe(busy);
    const [span] = exporter.getFinishedSpans();
    expect(span?.attributes['error.type']).toBe('Busy');
    expect(span?.status.message).toBe('Later.');
  });

  it('leaves taking back to the transport, where it can', async () => {
    const message = { to: { queue: 'q' }, reference: '7' };
    const taking = traceSends({ send: async () => {}, cancelScheduled: async (given) => given === message }, 'memory');
    expect(await taking.cancelScheduled?.(message)).toBe(true);
    expect(traceSends({ send: async () => {} }, 'memory')).not.toHaveProperty('cancelScheduled');
  });
});

it('changes no header while no tracer is registered', async () => {
  trace.disable();
  const { envelope } = outgoing('m', { headers: { traceparent: `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
  const seen: unknown[] = [];
  const consume = traceDeliveries('memory')(async (delivery) => {
    seen.push(delivery.envelope.headers);
    return { kind: 'complete' };
  });
  const delivery = { envelope, queue: 'q', attempt: 1, unsettled: 0, signal: new AbortController().signal };
  await consume(delivery);
  await consume({ ...delivery, envelope: { ...envelope, headers: {} } });
  expect(seen).toEqual([envelope.headers, {}]);
  trace.setGlobalTracerProvider(provider);
});

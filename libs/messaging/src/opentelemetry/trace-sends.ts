import { context, type Link, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { explain } from '../errors.js';
import type { Sender } from '../tracing.js';
import {
  type Outgoing,
  type ScheduledMessage,
  type SendOptions,
  type Transport,
  TransportError,
} from '../transport.js';
import { spanContextOf, TRACER } from './trace-context.js';

/**
 * The sends of a transport with one producer span a destination of each call, linked to the spans that caused its messages: a
 * relay sends messages of many traces together. Give it to a relay or a publisher:
 * `messaging.startRelay({ transport: traceSends(transport, 'servicebus') })`.
 * @param system the broker as OpenTelemetry's conventions call it, e.g. `servicebus`
 */
export function traceSends(transport: Sender, system: string): Sender {
  const { cancelScheduled } = transport;
  return {
    send: (messages, options) => sendTraced(transport, system, messages, options),
    ...(cancelScheduled && {
      cancelScheduled: (message: ScheduledMessage) => cancelScheduled.call(transport, message),
    }),
  };
}

async function sendTraced(
  transport: Pick<Transport, 'send'>,
  system: string,
  messages: readonly Outgoing[],
  options: SendOptions | undefined,
): Promise<void> {
  const spans = [...byDestination(messages)].map(([name, group]) => startSpan(name, group, system));
  try {
    await transport.send(messages, options);
  } catch (error) {
    for (const span of spans) {
      span.setAttribute('error.type', error instanceof TransportError ? error.code : '_OTHER');
      span.setStatus({ code: SpanStatusCode.ERROR, message: explain(error) });
    }
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

function startSpan(name: string, group: readonly Outgoing[], system: string) {
  const links = group.flatMap(({ envelope }): Link[] => {
    const cause = spanContextOf(envelope.headers);
    return cause ? [{ context: cause, attributes: { 'messaging.message.id': envelope.id } }] : [];
  });
  // A single cause is the parent as well, so that the trace shows its send in its place.
  const [only] = links;
  const parent = links.length === 1 && only ? trace.setSpanContext(context.active(), only.context) : context.active();
  const attributes = {
    'messaging.system': system,
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': name,
    'messaging.batch.message_count': group.length,
  };
  return trace.getTracer(TRACER).startSpan(`send ${name}`, { kind: SpanKind.PRODUCER, links, attributes }, parent);
}

function byDestination(messages: readonly Outgoing[]): ReadonlyMap<string, readonly Outgoing[]> {
  return Map.groupBy(messages, ({ to }) => ('queue' in to ? to.queue : to.topic));
}

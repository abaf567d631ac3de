import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Delivery, Middleware, Settlement } from '../transport.js';
import { causedBy, contextOf, TRACER } from './trace-context.js';

/**
 * One consumer span a delivery, by OpenTelemetry's conventions
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/), in the trace of the message: a retry or a
 * replay is another span of that trace. The handler runs inside the span, and what it sends names it as its cause. Costs
 * next to nothing, and changes nothing, while no tracer is registered.
 * @param system the broker as the conventions call it, e.g. `servicebus`
 */
export function traceDeliveries(system: string): Middleware {
  return (next) => async (delivery) => {
    const parent = contextOf(context.active(), delivery.envelope.headers);
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(delivery, system) };
    const span = trace.getTracer(TRACER).startSpan(`process ${delivery.queue}`, options, parent);
    const traced = { ...delivery, envelope: causedBy(span, delivery.envelope) };
    try {
      const settlement = await context.with(trace.setSpan(parent, span), () => next(traced));
      report(span, settlement);
      return settlement;
    } finally {
      span.end();
    }
  };
}

function attributesOf({ envelope, queue, attempt }: Delivery, system: string) {
  return {
    'messaging.system': system,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': envelope.id,
    'messaging.message.body.size': envelope.body.byteLength,
    ...(envelope.correlationId !== undefined && { 'messaging.message.conversation_id': envelope.correlationId }),
    'orderflow.message.type': envelope.type,
    'orderflow.message.attempt': attempt,
  };
}

function report(span: Span, settlement: Settlement): void {
  span.setAttribute('orderflow.message.settlement', settlement.kind);
  if (settlement.kind !== 'retry' && settlement.kind !== 'dead-letter') return;
  const reason = settlement.kind === 'dead-letter' ? settlement.reason : 'retry';
  span.setAttribute('error.type', reason);
  span.setStatus({ code: SpanStatusCode.ERROR, message: settlement.reason });
}

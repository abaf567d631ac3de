import { type Context, type Span, type SpanContext, trace } from '@opentelemetry/api';
import type { Envelope } from '../envelope.js';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The name of the tracer, as instrumentation scopes have it. */
export const TRACER = '@orderflow/messaging';

/** The span that a message names as its cause; undefined for a message without a trace. */
export function spanContextOf({ headers }: Envelope): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent.exec(headers['traceparent'] ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** `base` with the message's cause as the parent of what begins in it. */
export function contextOf(base: Context, envelope: Envelope): Context {
  const parent = spanContextOf(envelope);
  return parent ? trace.setSpanContext(base, parent) : trace.deleteSpan(base);
}

/** The envelope as `span`'s: what it leads to names the span as its cause. As it was when nothing is recorded. */
export function causedBy(span: Span, envelope: Envelope): Envelope {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const header = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  const isNew = spanId !== spanContextOf(envelope)?.spanId;
  if (!isNew || !traceparent.test(header)) return envelope;
  return { ...envelope, headers: { ...envelope.headers, traceparent: header } };
}

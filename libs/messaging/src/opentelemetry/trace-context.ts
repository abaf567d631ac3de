import { type Context, type Span, type SpanContext, trace } from '@opentelemetry/api';
import type { Envelope } from '../envelope.js';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The name of the tracer, as instrumentation scopes have it. */
export const TRACER = '@orderflow/messaging';

/** The span that headers of a message or a request name as their cause; undefined where they name none. */
export function spanContextOf(headers: Readonly<Record<string, unknown>>): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent.exec(String(headers['traceparent'] ?? '')) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** `base` with the cause that the headers name as the parent of what begins in it. */
export function contextOf(base: Context, headers: Readonly<Record<string, unknown>>): Context {
  const parent = spanContextOf(headers);
  return parent ? trace.setSpanContext(base, parent) : trace.deleteSpan(base);
}

/** What names `span` as a cause in a header `traceparent`; undefined while nothing is traced. */
export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const header = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  return traceparent.test(header) ? header : undefined;
}

/** The envelope as `span`'s: what it leads to names the span as its cause. As it was when nothing is recorded. */
export function causedBy(span: Span, envelope: Envelope): Envelope {
  const header = traceparentOf(span);
  const isNew = span.spanContext().spanId !== spanContextOf(envelope.headers)?.spanId;
  if (!isNew || header === undefined) return envelope;
  return { ...envelope, headers: { ...envelope.headers, traceparent: header } };
}

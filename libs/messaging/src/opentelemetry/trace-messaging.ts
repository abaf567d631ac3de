import { context, trace } from '@opentelemetry/api';
import type { Tracing } from '../tracing.js';
import { traceDeliveries } from './trace-deliveries.js';
import { traceSends } from './trace-sends.js';
import { traceparentOf } from './trace-context.js';

/**
 * Everything of messaging with spans: `MessagingModule.forRoot({ tracing: traceMessaging('servicebus'), … })`.
 * @param system the broker as OpenTelemetry's conventions call it, e.g. `servicebus`
 */
export function traceMessaging(system: string): Tracing {
  return Object.freeze({
    deliveries: traceDeliveries(system),
    sends: (transport: Parameters<Tracing['sends']>[0]) => traceSends(transport, system),
    headers: activeHeaders,
  });
}

/** Those of the span that is active: a request's, a delivery's, or one of the caller's own. */
function activeHeaders(): Readonly<Record<string, string>> {
  const active = trace.getSpan(context.active());
  const traceparent = active && traceparentOf(active);
  return traceparent === undefined ? {} : { traceparent };
}

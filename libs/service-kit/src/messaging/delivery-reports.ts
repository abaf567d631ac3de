import { type Middleware, observeDeliveries } from '@orderflow/messaging';
import { traceMessaging } from '@orderflow/messaging/opentelemetry';
import { logDeliveries } from '../logging/log-deliveries.js';
import { logTraceIds } from '../logging/trace-id.js';
import type { ServiceContext } from '../service/service-parts.js';

/** Spans of what a service receives and sends. Nothing is recorded unless its process exports them. */
export const tracing = traceMessaging('servicebus');

/** A span, a log line and a measurement of each delivery. */
export function deliveryReports({
  logger,
  metrics,
}: Pick<ServiceContext<unknown>, 'logger' | 'metrics'>): Middleware[] {
  const reports = [observeDeliveries(metrics.deliveries), observeDeliveries(logDeliveries(logger))];
  return [tracing.deliveries, logTraceIds, ...reports];
}

import { type Middleware, observeDeliveries, type Tracing } from '@orderflow/messaging';
import { traceMessaging } from '@orderflow/messaging/opentelemetry';
import { type BrokerVariables, type TransportName, transportOf } from '../config/broker-address.js';
import { logDeliveries } from '../logging/log-deliveries.js';
import { logTraceIds } from '../logging/trace-id.js';
import type { ServiceContext } from '../service/service-parts.js';

/** As `messaging.system` of https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/ names them. */
const systems: Readonly<Record<TransportName, string>> = { 'azure-service-bus': 'servicebus', rabbitmq: 'rabbitmq' };

/**
 * Spans of what a service receives from the broker that the variables ask for, and sends to it. Nothing is recorded unless
 * its process exports them.
 */
export function tracingOf(config: BrokerVariables): Tracing {
  return traceMessaging(systems[transportOf(config)]);
}

/** A span, a log line and a measurement of each delivery. */
export function deliveryReports({ config, logger, metrics }: ServiceContext<BrokerVariables>): Middleware[] {
  const reports = [observeDeliveries(metrics.deliveries), observeDeliveries(logDeliveries(logger))];
  return [tracingOf(config).deliveries, logTraceIds, ...reports];
}

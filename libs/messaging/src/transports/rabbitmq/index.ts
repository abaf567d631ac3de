import { type RabbitMqConnectionSettings, type RabbitMqOptions, resolveOptions } from './options.js';
import { RabbitMqTransport } from './rabbitmq-transport.js';

export type { RabbitMqConnectionSettings, RabbitMqOptions, RabbitMqTls } from './options.js';
export type { RabbitMqTransport } from './rabbitmq-transport.js';
export type { RabbitMqQueue, RabbitMqSubscriptionRule, RabbitMqTopology } from './topology.js';
export { type RabbitMqDefinitions, topologyDefinitions } from './definitions.js';
export { describeTopology } from './describe-topology.js';
export { readServiceBusTopology } from './service-bus-topology.js';

/**
 * A transport to RabbitMQ 3.10 or later. Connects when first used, and makes or checks the topology then.
 *
 * @example
 * const transport = createRabbitMqTransport(
 *   { url: 'amqp://localhost' },
 *   { topology: { queues: [{ name: 'orders' }], topics: { events: { orders: { forwardTo: 'orders' } } } } },
 * );
 * @throws TransportError `InvalidOptions` when the URL cannot be used, or an option is out of its range; `InvalidTopology`
 */
export function createRabbitMqTransport(
  connection: RabbitMqConnectionSettings,
  options: RabbitMqOptions,
): RabbitMqTransport {
  return new RabbitMqTransport(connection, resolveOptions(options));
}

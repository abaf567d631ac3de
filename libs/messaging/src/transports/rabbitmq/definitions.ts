import { declarationsOf } from './declarations.js';
import { type RabbitMqTopology, resolveTopology } from './topology.js';

/** What `rabbitmqctl import_definitions` takes (https://www.rabbitmq.com/docs/definitions), as far as it is a topology. */
export interface RabbitMqDefinitions {
  readonly exchanges: readonly object[];
  readonly queues: readonly object[];
  readonly bindings: readonly object[];
}

/**
 * A topology as definitions, for a cluster where no program may make queues.
 * @throws TransportError `InvalidTopology` that lists every problem
 */
export function topologyDefinitions(topology: RabbitMqTopology, virtualHost: string): RabbitMqDefinitions {
  const { exchanges, queues, bindings } = declarationsOf(resolveTopology(topology));
  const durable = { vhost: virtualHost, durable: true, auto_delete: false };
  return {
    exchanges: exchanges.map(({ name }) => ({ name, ...durable, type: 'topic', internal: false, arguments: {} })),
    queues: queues.map((queue) => ({ name: queue.name, ...durable, arguments: queue.arguments })),
    bindings: bindings.map(({ from, to, pattern }) => ({
      source: from,
      vhost: virtualHost,
      destination: 'queue' in to ? to.queue : to.exchange,
      destination_type: 'queue' in to ? 'queue' : 'exchange',
      routing_key: pattern,
      arguments: {},
    })),
  };
}

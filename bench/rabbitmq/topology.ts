import type { RabbitMqTopology } from '@orderflow/messaging/rabbitmq';

/** The one queue of the comparison, which all libraries use as it is: a durable quorum queue with a dead-letter queue. */
export const queue = 'bench';
export const topology: RabbitMqTopology = { queues: [{ name: queue }], longestDelayMs: 1_000 };

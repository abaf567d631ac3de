import { declarationsOf, describeDeclarations } from './declarations.js';
import { type RabbitMqTopology, resolveTopology } from './topology.js';

/**
 * What a topology is on RabbitMQ, as text: one exchange, queue or binding a line.
 * @throws TransportError `InvalidTopology` that lists every problem
 */
export function describeTopology(topology: RabbitMqTopology): string {
  return describeDeclarations(declarationsOf(resolveTopology(topology)));
}

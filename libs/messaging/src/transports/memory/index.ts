import { MemoryBroker, type MemoryBrokerOptions } from './memory-broker.js';
import { MemoryTransport } from './memory-transport.js';

export {
  MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryTopicSubscription,
  type MemoryTopology,
} from './memory-broker.js';
export type { MemoryTransport } from './memory-transport.js';

/**
 * A transport that keeps every message in this process, with the delivery rules of Azure Service Bus: for tests, and
 * for programs that want the same handlers without a broker. What is not consumed is lost with the process.
 *
 * Give the options of a broker of its own, closed with the transport, or a `broker` shared by several transports.
 */
export function createMemoryTransport(
  options: MemoryBrokerOptions | { readonly broker: MemoryBroker },
): MemoryTransport {
  if ('broker' in options) return new MemoryTransport(options.broker);
  const broker = new MemoryBroker(options);
  return new MemoryTransport(broker, () => broker.close());
}

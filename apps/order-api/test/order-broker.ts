import { readFileSync } from 'node:fs';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Broker, type BrokerOptions, parseTopology, startBroker } from '@orderflow/servicebus-emulator';

const topologyFile = new URL('../../../infra/servicebus/Config.json', import.meta.url);

/** A broker with the queues and topics of the whole system. */
export function startOrderBroker(options: Omit<BrokerOptions, 'topology'> = {}): Promise<Broker> {
  return startBroker({ ...options, topology: parseTopology(readFileSync(topologyFile, 'utf8')) });
}

/**
 * What another service would reach the broker with. The SDK keeps waiting for the answer to a settlement whose
 * connection was cut, for as long as a request may take: short here, so that it does not outlive the test.
 */
export function transportTo({ connectionString }: Broker): AzureServiceBusTransport {
  return createAzureServiceBusTransport({ connectionString }, { requestTimeoutMs: 3_000 });
}

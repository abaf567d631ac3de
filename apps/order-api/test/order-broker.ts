import { readFileSync } from 'node:fs';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Broker, type BrokerOptions, parseTopology, startBroker } from '@orderflow/servicebus-emulator';

interface OrderBrokerOptions extends Omit<BrokerOptions, 'topology'> {
  /** Whether it has the queues with sessions of `ORDERED=true` as well; false when absent. */
  readonly isOrdered?: boolean;
}

/** A broker with the queues and topics of the whole system. */
export function startOrderBroker({ isOrdered = false, ...options }: OrderBrokerOptions = {}): Promise<Broker> {
  const name = isOrdered ? 'Config.ordered.json' : 'Config.json';
  const file = new URL(`../../../infra/servicebus/${name}`, import.meta.url);
  return startBroker({ ...options, topology: parseTopology(readFileSync(file, 'utf8')) });
}

/**
 * What another service would reach the broker with. The SDK keeps waiting for the answer to a settlement whose
 * connection was cut, for as long as a request may take: short here, so that it does not outlive the test.
 * @param requestTimeoutMs after how long a request is repeated, in milliseconds
 */
export function transportTo({ connectionString }: Broker, requestTimeoutMs = 3_000): AzureServiceBusTransport {
  return createAzureServiceBusTransport({ connectionString }, { requestTimeoutMs });
}

/** A request that is repeated schedules a duplicate, which the broker drops and nobody can take back: none is, in milliseconds. */
export const unhurriedMs = 60_000;

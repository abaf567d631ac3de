import type { Transport } from '@orderflow/messaging';
import { type BrokerVariables, brokerAddressOf, processIdentity } from '../config/broker-address.js';
import { StartupError } from '../startup-error.js';

/** The variables that say which broker to use, and where it is. */
export interface TransportConfig extends BrokerVariables {
  readonly MESSAGING_TRANSPORT: 'azure-service-bus';
}

/**
 * The one place of all services that names transports. Each is loaded only where it is used, so that a service carries
 * one broker's client and not all of them.
 * @throws StartupError when the broker has no address
 */
export async function loadTransport(config: TransportConfig): Promise<Transport> {
  const address = brokerAddressOf(config);
  if (!address) throw new StartupError('The broker has no address.');
  const { createAzureServiceBusTransport } = await import('@orderflow/messaging/azure-service-bus');
  return createAzureServiceBusTransport(
    'connectionString' in address ? address : { ...address, credential: await processIdentity() },
  );
}

import type { Transport } from '@orderflow/messaging';
import { StartupError } from '../startup-error.js';

/** The variables that say which broker to use, and where it is. */
export interface TransportConfig {
  readonly MESSAGING_TRANSPORT: 'azure-service-bus';
  readonly SERVICEBUS_CONNECTION_STRING?: string | undefined;
  readonly SERVICEBUS_FULLY_QUALIFIED_NAMESPACE?: string | undefined;
}

/**
 * The one place that names transports. Each is loaded only where it is used, so that a service carries one broker's
 * client and not all of them.
 * @throws StartupError when the broker has no address
 */
export async function loadTransport(config: TransportConfig): Promise<Transport> {
  const { createAzureServiceBusTransport } = await import('@orderflow/messaging/azure-service-bus');
  if (config.SERVICEBUS_CONNECTION_STRING) {
    return createAzureServiceBusTransport({ connectionString: config.SERVICEBUS_CONNECTION_STRING });
  }
  const fullyQualifiedNamespace = config.SERVICEBUS_FULLY_QUALIFIED_NAMESPACE;
  if (!fullyQualifiedNamespace) throw new StartupError('The broker has no address.');
  const { DefaultAzureCredential } = await import('@azure/identity');
  return createAzureServiceBusTransport({ fullyQualifiedNamespace, credential: new DefaultAzureCredential() });
}

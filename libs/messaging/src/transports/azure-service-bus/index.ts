import { type AzureServiceBusConnection, type AzureServiceBusOptions, resolveOptions } from './options.js';
import { AzureServiceBusTransport } from './service-bus-transport.js';

export type { AzureServiceBusConnection, AzureServiceBusOptions } from './options.js';
export type { AzureServiceBusTransport } from './service-bus-transport.js';

/**
 * A transport to Azure Service Bus, or to anything that speaks its protocol. Connects when first used.
 *
 * @example
 * const transport = createAzureServiceBusTransport({ connectionString: config.SERVICEBUS_CONNECTION_STRING });
 * @throws TransportError `InvalidOptions` when the connection string cannot be used, or an option is out of its range
 */
export function createAzureServiceBusTransport(
  connection: AzureServiceBusConnection,
  options: AzureServiceBusOptions = {},
): AzureServiceBusTransport {
  return new AzureServiceBusTransport(connection, resolveOptions(options));
}

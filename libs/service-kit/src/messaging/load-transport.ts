import type { Transport } from '@orderflow/messaging';
import type { Logger } from 'pino';
import { type BrokerVariables, brokerAddressOf, processIdentity } from '../config/broker-address.js';
import { secretKept, secretSource } from '../config/secret-files.js';
import { StartupError } from '../startup-error.js';

/** The variables that say which broker to use, and where it is. */
export interface TransportConfig extends BrokerVariables {
  readonly MESSAGING_TRANSPORT: 'azure-service-bus';
  readonly SERVICEBUS_CONNECTION_STRING_FILE?: string | undefined;
}

/**
 * The one place of all services that names transports. Each is loaded only where it is used, so that a service carries
 * one broker's client and not all of them.
 * @throws StartupError when the broker has no address
 */
export async function loadTransport(config: TransportConfig, logger: Pick<Logger, 'warn'>): Promise<Transport> {
  const address = brokerAddressOf(config);
  if (!address) throw new StartupError('The broker has no address.');
  const { createAzureServiceBusTransport } = await import('@orderflow/messaging/azure-service-bus');
  return createAzureServiceBusTransport(
    'connectionString' in address
      ? { connectionString: currentKey(address.connectionString, config, logger) }
      : { ...address, credential: await processIdentity() },
  );
}

/** Where a file holds the key, each new client of the broker uses what is in it by then. */
function currentKey(
  first: string,
  { SERVICEBUS_CONNECTION_STRING_FILE: file }: TransportConfig,
  logger: Pick<Logger, 'warn'>,
): () => string {
  return secretSource(first, file, (err) => logger.warn({ err }, secretKept));
}

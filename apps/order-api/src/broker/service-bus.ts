import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import { type AzureServiceBusConnection, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { OrderApiConfig } from '../config.js';
import { ServiceBusLabQueue } from '../lab/service-bus-lab-queue.js';
import type { Broker } from './broker.js';

/** Somebody waits for the lab's answers: better an early error than a late success. */
const labOptions: ServiceBusClientOptions = {
  retryOptions: { maxRetries: 1, timeoutInMs: 5_000, retryDelayInMs: 500 },
};

export function connectServiceBus(config: OrderApiConfig): Broker {
  const connection = connectionOf(config);
  return {
    transport: createAzureServiceBusTransport(connection),
    lab: new ServiceBusLabQueue(createClient(connection), config.LAB_QUEUE_NAME),
  };
}

function connectionOf(config: OrderApiConfig): AzureServiceBusConnection {
  const connectionString = config.SERVICEBUS_CONNECTION_STRING;
  if (connectionString !== undefined) return { connectionString };
  const fullyQualifiedNamespace = config.SERVICEBUS_FULLY_QUALIFIED_NAMESPACE;
  if (fullyQualifiedNamespace === undefined) throw new Error('The configuration was not checked for a broker.');
  return { fullyQualifiedNamespace, credential: new DefaultAzureCredential() };
}

function createClient(connection: AzureServiceBusConnection): ServiceBusClient {
  return 'connectionString' in connection
    ? new ServiceBusClient(connection.connectionString, labOptions)
    : new ServiceBusClient(connection.fullyQualifiedNamespace, connection.credential, labOptions);
}

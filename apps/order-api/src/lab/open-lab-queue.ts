import type { ServiceBusClientOptions } from '@azure/service-bus';
import { StartupError } from '@orderflow/service-kit';
import type { OrderApiConfig } from '../config.js';
import type { LabQueue } from './lab-queue.js';

/** Somebody waits for the lab's answers: better an early error than a late success. */
const impatient: ServiceBusClientOptions = { retryOptions: { maxRetries: 1, timeoutInMs: 5_000, retryDelayInMs: 500 } };

/** The lab queue of the configured broker, whose client is loaded here. Connects when it is used. */
export async function openLabQueue(config: OrderApiConfig): Promise<LabQueue> {
  const { ServiceBusClient } = await import('@azure/service-bus');
  const { ServiceBusLabQueue } = await import('./service-bus-lab-queue.js');
  const { SERVICEBUS_CONNECTION_STRING: connectionString, LAB_QUEUE_NAME: queue } = config;
  if (connectionString) return new ServiceBusLabQueue(new ServiceBusClient(connectionString, impatient), queue);
  const namespace = config.SERVICEBUS_FULLY_QUALIFIED_NAMESPACE;
  if (!namespace) throw new StartupError('The broker has no address.');
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new ServiceBusLabQueue(new ServiceBusClient(namespace, new DefaultAzureCredential(), impatient), queue);
}

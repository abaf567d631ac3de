import { ServiceBusAdministrationClient, type ServiceBusAdministrationClientOptions } from '@azure/service-bus';
import { plainHttpPolicy } from '../admin/plain-http-policy.js';
import type { Broker } from '../broker.js';

/** Microsoft's own administration client, for a broker without TLS. */
export function adminClient(
  broker: Broker,
  options: ServiceBusAdministrationClientOptions = {},
): ServiceBusAdministrationClient {
  const retryOptions = { maxRetries: 0 };
  const admin = new ServiceBusAdministrationClient(broker.adminConnectionString, { ...options, retryOptions });
  admin.pipeline.addPolicy(plainHttpPolicy());
  return admin;
}

/** All of a list that comes in pages. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of pages) list.push(one);
  return list;
}

import { randomUUID } from 'node:crypto';
import { ServiceBusAdministrationClient, type ServiceBusAdministrationClientOptions } from '@azure/service-bus';
import { plainHttpPolicy } from '../admin/plain-http-policy.js';
import { type Broker, startBroker } from '../broker.js';

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

/** A namespace to administer: a real one when a connection string is given, else our broker. */
export interface TestAdministration {
  readonly admin: ServiceBusAdministrationClient;
  /** A client that speaks an older version of the API. */
  readonly older: ServiceBusAdministrationClient;
  /** For messages. */
  readonly connectionString: string;
  /** A name that no other test uses. */
  name(label: string): string;
  /** What an entity is called as a target of forwarding. */
  uri(name: string): string;
  /** Deletes what was created, and closes the broker. */
  close(): Promise<void>;
}

const REAL = process.env['AZURE_SERVICEBUS_CONNECTION_STRING'];

export async function openTestAdministration(): Promise<TestAdministration> {
  const prefix = `test-${randomUUID()}`;
  const broker = REAL === undefined ? await startBroker({ managementPort: 0 }) : undefined;
  const connect = (options: ServiceBusAdministrationClientOptions = {}) =>
    broker ? adminClient(broker, options) : new ServiceBusAdministrationClient(REAL ?? '', options);
  const admin = connect();
  const [, endpoint = ''] = /Endpoint=(sb:\/\/[^;/]+)/.exec(broker?.adminConnectionString ?? REAL ?? '') ?? [];
  return {
    admin,
    older: connect({ serviceVersion: '2017-04' }),
    connectionString: broker?.connectionString ?? REAL ?? '',
    name: (label) => `${prefix}-${label}`,
    uri: (name) => `${endpoint}/${name}`,
    close: async () => {
      if (broker) return broker.close();
      const isOurs = ({ name }: { name: string }) => name.startsWith(prefix);
      for (const { name } of (await all(admin.listQueues())).filter(isOurs)) await admin.deleteQueue(name);
      for (const { name } of (await all(admin.listTopics())).filter(isOurs)) await admin.deleteTopic(name);
    },
  };
}

/** All of a list that comes in pages. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of pages) list.push(one);
  return list;
}

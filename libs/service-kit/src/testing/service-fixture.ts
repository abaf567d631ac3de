import { readFileSync } from 'node:fs';
import { type Broker, type BrokerOptions, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import type { z } from 'zod';
import type { ServiceDefinition } from '../service/run-service.js';
import type { RunningService } from '../service/start-service.js';
import { openServiceDatabase, type ServiceDatabase } from './service-database.js';
import { startQuietly } from './start-quietly.js';

const topologyFile = new URL('../../../../infra/servicebus/Config.json', import.meta.url);

/** What a service of the system needs around it: a database of its own, and a broker with the queues of the system. */
export interface ServiceFixture {
  readonly database: ServiceDatabase;
  readonly broker: Broker;
  /** Starts the service between them, with further variables; an empty one counts as absent. */
  start(env?: Readonly<Record<string, string>>): Promise<RunningService>;
  /** For when the service has stopped. */
  close(): Promise<void>;
}

export interface ServiceFixtureOptions {
  /** The folder of the service's migrations. */
  readonly migrations: URL;
  /** Variables of every start; none by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the broker; its own defaults when absent. */
  readonly broker?: Omit<BrokerOptions, 'topology'>;
}

export async function openServiceFixture<Schema extends z.ZodObject>(
  definition: ServiceDefinition<Schema>,
  { migrations, env, broker: brokerOptions }: ServiceFixtureOptions,
): Promise<ServiceFixture> {
  const database = await openServiceDatabase(definition.name, migrations);
  const broker = await startBroker({ ...brokerOptions, topology: parseTopology(readFileSync(topologyFile, 'utf8')) });
  const always = { DATABASE_URL: database.url, SERVICEBUS_CONNECTION_STRING: broker.connectionString, ...env };
  return {
    database,
    broker,
    start: (more) => startQuietly(definition, { ...always, ...more }),
    close: async () => {
      await broker.close();
      await database.close();
    },
  };
}

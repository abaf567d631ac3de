import { randomUUID } from 'node:crypto';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { type Broker, startBroker } from '../broker.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from '../entities/options.js';

/** A namespace that compatibility tests run against: a real one when a connection string is given, else our broker. */
export interface TestNamespace {
  readonly client: ServiceBusClient;
  /** Our broker, undefined against a real namespace: tests that move the clock need it. */
  readonly broker: Broker | undefined;
  createQueue(options?: Partial<QueueOptions>): Promise<string>;
  createTopic(options?: Partial<TopicOptions>): Promise<string>;
  /** @returns the subscription's name */
  createSubscription(topic: string, options?: Partial<SubscriptionOptions>): Promise<string>;
  /** Lets time pass: at once in our broker, really on Azure. */
  pass(ms: number): Promise<void>;
  /** Closes the client, and the broker or what was created on Azure. */
  close(): Promise<void>;
}

const REAL = process.env['AZURE_SERVICEBUS_CONNECTION_STRING'];

/** Retries quickly: the SDK's own 30 s would make a failing test slow. */
const CLIENT_OPTIONS = { retryOptions: { retryDelayInMs: 100, maxRetries: 2, timeoutInMs: 20_000 } };

export function openTestNamespace(): Promise<TestNamespace> {
  return REAL === undefined ? openOurs() : Promise.resolve(openReal(REAL));
}

async function openOurs(): Promise<TestNamespace> {
  const broker = await startBroker();
  const { namespace, clock } = broker;
  const client = new ServiceBusClient(broker.connectionString, CLIENT_OPTIONS);
  return {
    client,
    broker,
    createQueue: (options = {}) => created((name) => namespace.createQueue(name, options, clock.now())),
    createTopic: (options = {}) => created((name) => namespace.createTopic(name, options, clock.now())),
    createSubscription: (topic, options = {}) =>
      created((name) => namespace.createSubscription(`${topic}/Subscriptions/${name}`, options, clock.now())),
    pass: async (ms) => clock.advance(ms),
    close: async () => {
      await client.close();
      await broker.close();
    },
  };
}

function openReal(connectionString: string): TestNamespace {
  const client = new ServiceBusClient(connectionString, CLIENT_OPTIONS);
  const admin = new ServiceBusAdministrationClient(connectionString);
  const cleanUp: (() => Promise<unknown>)[] = [];
  return {
    client,
    broker: undefined,
    createQueue: (options = {}) =>
      created(async (name) => {
        await admin.createQueue(name, toAdmin(options));
        cleanUp.push(() => admin.deleteQueue(name));
      }),
    createTopic: (options = {}) =>
      created(async (name) => {
        await admin.createTopic(name, toAdmin(options));
        cleanUp.push(() => admin.deleteTopic(name));
      }),
    createSubscription: (topic, options = {}) =>
      created((name) => admin.createSubscription(topic, name, toAdmin(options))),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => {
      await client.close();
      await Promise.all(cleanUp.map((remove) => remove()));
    },
  };
}

async function created(create: (name: string) => unknown): Promise<string> {
  const name = `test-${randomUUID()}`;
  await create(name);
  return name;
}

/** The administration client writes durations as ISO 8601. */
function toAdmin(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      typeof value === 'number' && DURATIONS.has(key) ? `PT${value / 1000}S` : value,
    ]),
  );
}

const DURATIONS = new Set([
  'lockDuration',
  'defaultMessageTimeToLive',
  'autoDeleteOnIdle',
  'duplicateDetectionHistoryTimeWindow',
]);

import { existsSync, readFileSync } from 'node:fs';
import { describe } from '@jest/globals';
import { createRabbitMqTransport, readServiceBusTopology } from '@orderflow/messaging/rabbitmq';
import type { ReachedBroker } from './ops-api.js';

/** What is used of the broker that the specs of messaging start. */
interface Servers {
  newPlace(): Promise<{ readonly port: number }>;
  removeServer(place: object, pid: undefined): void;
  readonly RabbitMqServer: { start(place: object): Promise<{ kill(): Promise<void> }> };
}

const isInstalled = existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server');

/** Describes what needs Debian's RabbitMQ: skipped without it, but where all is required (CI) it fails. */
export function describeOnRabbitMq(what: string, tests: () => void): void {
  if (isInstalled || process.env['REQUIRE_ALL'] === '1') describe(what, tests);
  else describe.skip(what, tests);
}

const topologyFile = new URL('../../../infra/servicebus/Config.json', import.meta.url);
/** As the services have it: it decides which queues there are. */
const onRabbitMq = { longestDelayMs: 90 * 24 * 3_600_000, deadLetterNotices: true };

/** A RabbitMQ of a test. */
export interface StartedRabbitMq extends ReachedBroker {
  /** Another transport to it, as another process would have; who asks for it closes it. */
  connect(): ReachedBroker['transport'];
}

/** Starts a RabbitMQ with the topology of the whole system. */
export async function startRabbitMq(): Promise<StartedRabbitMq> {
  const file = new URL('../../../libs/messaging/test/rabbitmq/rabbitmq-server.ts', import.meta.url);
  const { newPlace, RabbitMqServer, removeServer } = (await import(file.pathname)) as Servers;
  const place = await newPlace();
  const server = await RabbitMqServer.start(place);
  const url = `amqp://guest:guest@127.0.0.1:${place.port}`;
  const topology = { ...readServiceBusTopology(JSON.parse(readFileSync(topologyFile, 'utf8'))), ...onRabbitMq };
  const connect = () => createRabbitMqTransport({ url }, { topology });
  const transport = connect();
  return {
    connect,
    env: { MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: url },
    transport,
    async close() {
      await transport.close();
      await server.kill();
      removeServer(place, undefined);
    },
  };
}

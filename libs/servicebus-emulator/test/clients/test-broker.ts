import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, parseTopology, startBroker } from '../../src/index.js';

/** The ports that old clients use, whatever their endpoint says. */
const AMQPS = 5671;
const HTTPS = 443;

export interface TestBroker {
  readonly broker: Broker;
  /** What every program is told of the broker. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * A broker over TLS at Azure's own ports, which needs the right to listen below 1024. The address is one of loopback's
 * sixteen million: another broker on this machine has the usual one.
 */
export async function startTestBroker(): Promise<TestBroker> {
  const host = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  const directory = await mkdtemp(join(tmpdir(), 'clients-'));
  const topology = parseTopology(JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'clients' }] } }));
  const broker = await startBroker({ host, port: AMQPS, managementPort: HTTPS, tls: 'generate', topology });
  const certificate = join(directory, 'cert.pem');
  await writeFile(certificate, broker.certificate ?? '');
  return {
    broker,
    environment: {
      BROKER_HOST: host,
      BROKER_PORT: String(AMQPS),
      BROKER_CERTIFICATE: certificate,
      BROKER_KEY_NAME: 'RootManageSharedAccessKey',
      BROKER_KEY: 'SAS_KEY_VALUE',
      // Where Node.js and Python's requests look for what to trust.
      NODE_EXTRA_CA_CERTS: certificate,
      REQUESTS_CA_BUNDLE: certificate,
    },
    close: async () => {
      await broker.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Entities for one client alone. @returns what its program is told of them */
export function createEntities({ namespace, clock }: Broker, label: string): Readonly<Record<string, string>> {
  const now = clock.now();
  const names = {
    BROKER_QUEUE: `${label}-queue`,
    BROKER_SESSIONS: `${label}-sessions`,
    BROKER_TOPIC: `${label}-topic`,
    BROKER_SUBSCRIPTION: 'all',
  };
  namespace.createQueue(names.BROKER_QUEUE, {}, now);
  namespace.createQueue(names.BROKER_SESSIONS, { requiresSession: true }, now);
  namespace.createTopic(names.BROKER_TOPIC, {}, now);
  namespace.createSubscription(`${names.BROKER_TOPIC}/Subscriptions/${names.BROKER_SUBSCRIPTION}`, {}, now);
  return names;
}

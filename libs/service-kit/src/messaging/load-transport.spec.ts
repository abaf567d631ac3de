import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StartupError } from '../startup-error.js';
import { brokerDefinitions, describeBrokerTopology, loadTransport, type TransportConfig } from './load-transport.js';

const logger = { warn: () => {} };
const BROKER_TOPOLOGY = new URL('../../../../infra/servicebus/Config.json', import.meta.url).pathname;
const rabbitMq: TransportConfig = {
  MESSAGING_TRANSPORT: 'rabbitmq',
  RABBITMQ_URL: 'amqp://user:hidden@127.0.0.1:1/shop',
  BROKER_TOPOLOGY,
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-transport-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe('the transport of a service', () => {
  it('is that of the broker that is asked for, with what it can do', async () => {
    const transports = await Promise.all([
      loadTransport(rabbitMq, logger),
      loadTransport(
        {
          MESSAGING_TRANSPORT: 'azure-service-bus',
          SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
        },
        logger,
      ),
    ]);
    expect(transports.map(({ capabilities }) => [capabilities.sessions, capabilities.browsing])).toEqual([
      [false, 'requeue'],
      [true, 'peek'],
    ]);
    for (const transport of transports) await transport.close();
  });

  it('shows no password when RabbitMQ cannot be reached', async () => {
    const transport = await loadTransport(rabbitMq, logger, { requestTimeoutMs: 500 });
    const applying = transport.applyTopology?.();
    await expect(applying).rejects.toMatchObject({ code: 'Unreachable', message: expect.not.stringMatching('hidden') });
    await transport.close();
  });

  it('reads the URL from its file again for each connection', async () => {
    const RABBITMQ_URL_FILE = file('url', 'amqp://user:hidden@127.0.0.1:1/shop');
    const limits = { requestTimeoutMs: 500, maxReconnectDelayMs: 1 };
    const transport = await loadTransport({ ...rabbitMq, RABBITMQ_URL_FILE }, logger, limits);
    await expect(transport.applyTopology?.()).rejects.toThrow(/127\.0\.0\.1:1\b/);
    file('url', 'amqp://user:hidden@127.0.0.1:2/shop');
    await expect(transport.applyTopology?.()).rejects.toThrow(/127\.0\.0\.1:2\b/);
    await transport.close();
  });

  it.each<[string, Partial<TransportConfig>, RegExp]>([
    ['a broker without an address', { RABBITMQ_URL: undefined }, /^Set RABBITMQ_URL/],
    ['a topology that is not there', { BROKER_TOPOLOGY: '/nowhere.json' }, /cannot be read from \/nowhere\.json/],
    [
      'a certificate that is not there',
      { RABBITMQ_CA_FILE: '/nowhere.pem' },
      /certificate.*cannot be read.*nowhere\.pem/,
    ],
    ['a virtual host with a slash', { RABBITMQ_URL: 'amqp://u:hidden@h/a/b' }, /slash in its virtual host/],
  ])('is refused at start for %s', async (_, changes, problem) => {
    const loading = loadTransport({ ...rabbitMq, ...changes }, logger);
    await expect(loading).rejects.toBeInstanceOf(StartupError);
    await expect(loading).rejects.toThrow(problem);
    await expect(loading).rejects.not.toThrow(/hidden/);
  });

  it('is refused a topology that RabbitMQ cannot have, with all that is wrong', async () => {
    const ordered = new URL('../../../../infra/servicebus/Config.ordered.json', import.meta.url).pathname;
    const loading = loadTransport({ ...rabbitMq, BROKER_TOPOLOGY: ordered }, logger);
    await expect(loading).rejects.toThrow(/"orders-ordered" requires sessions; .*"billing-ordered" requires sessions/);
  });
});

it('describes what a topology is on RabbitMQ, for people and for RabbitMQ', async () => {
  expect(await describeBrokerTopology(BROKER_TOPOLOGY)).toContain('queue orders (durable) x-queue-type=quorum');
  expect(await brokerDefinitions(BROKER_TOPOLOGY, 'shop')).toMatchObject({
    exchanges: expect.arrayContaining([expect.objectContaining({ name: 'events', vhost: 'shop', type: 'topic' })]),
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type rhea from 'rhea';
import { RawClient } from '../amqp/testing/raw-client.js';
import { type Broker, startBroker } from '../broker.js';
import { testMessage } from '../testing/message.js';

let dir: string;
let broker: Broker;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  broker = await startBroker({ dataDir: dir });
});

afterEach(async () => {
  await broker.close();
  await rm(dir, { recursive: true });
});

async function restart(): Promise<void> {
  await broker.close();
  broker = await startBroker({ dataDir: dir });
}

async function withClient<T>(use: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = new ServiceBusClient(broker.connectionString);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

describe('a queue that was deleted and created again', () => {
  it.each(['accept', 'reject', 'modified'] as const)(
    'keeps its messages when a message of its predecessor is settled (%s)',
    async (outcome) => {
      const { namespace, clock } = broker;
      namespace.createQueue('q', {}, clock.now());
      await withClient((client) => client.createSender('q').sendMessages({ messageId: 'old', body: 'x' }));
      const raw = await RawClient.connect(broker.port);
      const receiver = await raw.openReceiver('q');
      receiver.add_credit(1);
      const [{ delivery }] = (await once(receiver, 'message')) as [{ delivery: rhea.Delivery }];
      // All at once: the client settles before it can hear of it.
      namespace.delete('q', clock.now());
      namespace.createQueue('q', {}, clock.now());
      namespace.commit(namespace.send('q', [testMessage({ id: 'new' })], clock.now()).unit, clock.now());
      delivery[outcome]();
      await once(receiver, 'receiver_error');
      await raw.close();
      await restart();
      const peek = (subQueueType?: 'deadLetter') =>
        withClient((client) => client.createReceiver('q', subQueueType ? { subQueueType } : {}).peekMessages(9));
      expect((await peek()).map(({ messageId, deliveryCount }) => [messageId, deliveryCount])).toEqual([['new', 0]]);
      expect(await peek('deadLetter')).toEqual([]);
    },
  );

  it('never uses a sequence number twice, not even that of a scheduled duplicate', async () => {
    const { namespace, clock } = broker;
    namespace.createQueue('d', { requiresDuplicateDetection: true }, clock.now());
    const later = new Date(clock.now() + 3_600_000);
    const schedule = (messageId: string) =>
      withClient(async (client) => {
        const [number] = await client.createSender('d').scheduleMessages({ messageId, body: 'x' }, later);
        return Number(number);
      });
    expect([await schedule('a'), await schedule('a')]).toEqual([1, 2]);
    await restart();
    expect(await schedule('b')).toBe(3);
  });
});

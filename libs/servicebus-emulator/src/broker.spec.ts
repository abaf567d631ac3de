import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, startBroker } from './broker.js';
import type { BrokerOptions } from './broker-options.js';
import { DEFAULT_QUEUE_OPTIONS } from './entities/options.js';
import { loopbackDelivered } from './testing/loopback.js';
import { parseTopology } from './topology/index.js';

const running: Broker[] = [];
let client: ServiceBusClient;

async function start(options?: BrokerOptions): Promise<Broker> {
  const broker = await startBroker(options);
  running.push(broker);
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { retryDelayInMs: 50 } });
  return broker;
}

async function stop(): Promise<void> {
  await client.close();
  await Promise.all(running.splice(0).map((broker) => broker.close()));
}

afterEach(stop);

const TOPOLOGY = parseTopology(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: 'sbemulatorns',
          Queues: [
            { Name: 'orders', Properties: { RequiresDuplicateDetection: true } },
            { Name: 'steps', Properties: { RequiresSession: true } },
          ],
          Topics: [{ Name: 'events', Subscriptions: [{ Name: 'all', Properties: { ForwardTo: 'later' } }] }],
        },
      ],
    },
  }).replace('"Queues":[', '"Queues":[{"Name":"later","Properties":{}},'),
);

describe('a broker in memory', () => {
  it('says what it is for, and listens on a port of its own', async () => {
    const lines: string[] = [];
    const [one, two] = [await start({ log: (_, message) => lines.push(message) }), await start()];
    expect(lines[0]).toMatch(/laptops, tests and CI/);
    expect(one.port).not.toBe(two.port);
    expect(one.connectionString).toBe(
      `Endpoint=sb://127.0.0.1:${one.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    );
  });

  it('reports a port that is taken, and leaves nothing running', async () => {
    const { port } = await start();
    await expect(startBroker({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('can be closed twice, with clients connected', async () => {
    const broker = await start({ topology: TOPOLOGY });
    await client.createSender('orders').sendMessages({ body: 1 });
    await Promise.all([broker.close(), broker.close()]);
  });

  it('lets a sender and a receiver find back after a cut connection', async () => {
    const broker = await start({ topology: TOPOLOGY });
    const sender = client.createSender('orders');
    const receiver = client.createReceiver('orders');
    for (const body of [1, 2, 3]) {
      await sender.sendMessages({ body });
      const [message] = await receiver.receiveMessages(1);
      expect(message?.body).toBe(body);
      if (message) await receiver.completeMessage(message);
      if (body === 3) break;
      broker.dropConnections();
      // The SDK gives no sign of it, and a send in between waits a minute.
      await loopbackDelivered();
    }
  });

  it('detaches who is attached to an entity that is deleted or disabled', async () => {
    const { namespace, clock } = await start({ topology: TOPOLOGY });
    const sender = client.createSender('orders');
    await sender.sendMessages({ body: 1 });
    namespace.update('orders', { status: 'SendDisabled' }, clock.now());
    await loopbackDelivered();
    await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: 'MessagingEntityDisabled' });
    namespace.update('orders', { status: 'Active' }, clock.now());
    await sender.sendMessages({ body: 3 });
    namespace.delete('orders', clock.now());
    await loopbackDelivered();
    await expect(sender.sendMessages({ body: 4 })).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
  });
});

describe('a broker with a data directory', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'broker-'));
  });
  afterEach(async () => {
    await stop();
    await rm(dataDir, { recursive: true });
  });

  const restart = async (): Promise<Broker> => {
    await stop();
    return start({ dataDir, topology: TOPOLOGY });
  };

  it('has after a restart what it had before: messages in every state, sessions, duplicates, entities', async () => {
    const first = await start({ dataDir, topology: TOPOLOGY });
    first.namespace.createQueue('made-later', { maxDeliveryCount: 5 }, first.clock.now());
    const sender = client.createSender('orders');
    await sender.sendMessages([1, 2, 3, 4, 5].map((body) => ({ body, messageId: `m${body}` })));
    await sender.scheduleMessages({ body: 6, messageId: 'm6' }, new Date(Date.now() + 3_600_000));
    await client.createSender('events').sendMessages({ body: 'event' });
    await client.createSender('steps').sendMessages({ body: 'step', sessionId: 's' });
    const session = await client.acceptSession('steps', 's');
    await session.setSessionState('half done');
    const receiver = client.createReceiver('orders');
    const [one, two, three, four] = await receiver.receiveMessages(4);
    if (!one || !two || !three || !four) throw new Error('four messages were expected');
    await receiver.completeMessage(one);
    await receiver.abandonMessage(two, { tried: true });
    await receiver.deferMessage(three);
    await receiver.deadLetterMessage(four, { deadLetterReason: 'bad', deadLetterErrorDescription: 'so it is' });

    const second = await restart();
    const peeked = await client.createReceiver('orders').peekMessages(10);
    expect(peeked.map(({ body, deliveryCount, state }) => [body, deliveryCount, state])).toEqual([
      [2, 1, 'active'],
      [3, 1, 'deferred'],
      [5, 0, 'active'],
      [6, 0, 'scheduled'],
    ]);
    expect(peeked[0]?.applicationProperties).toEqual({ tried: true });
    const [dead] = await client.createReceiver('orders', { subQueueType: 'deadLetter' }).peekMessages(1);
    expect(dead).toMatchObject({ body: 4, deadLetterReason: 'bad' });
    const [event] = await client.createReceiver('later').peekMessages(1);
    expect(event?.body).toBe('event');
    expect(await (await client.acceptSession('steps', 's')).getSessionState()).toBe('half done');
    const again = client.createSender('orders');
    await again.sendMessages({ body: 'again', messageId: 'm1' });
    expect(second.namespace.registry.target('orders')?.main.counts.active).toBe(2);
    await again.sendMessages({ body: 'new', messageId: 'm7' });
    const numbers = [...(second.namespace.registry.target('orders')?.main.from(0) ?? [])].map((m) => m.sequenceNumber);
    expect(numbers).toEqual([2, 3, 5, 6, 7]);
    expect(second.namespace.registry.get('made-later').options).toEqual({
      ...DEFAULT_QUEUE_OPTIONS,
      maxDeliveryCount: 5,
    });
  });

  it('lets happen at its start what was due while it was not there', async () => {
    await start({ dataDir, topology: TOPOLOGY });
    const sender = client.createSender('orders');
    await sender.scheduleMessages({ body: 'due' }, new Date(Date.now() + 200));
    await stop();
    await new Promise((resolve) => setTimeout(resolve, 250));
    await start({ dataDir, topology: TOPOLOGY });
    const [message] = await client.createReceiver('orders').receiveMessages(1);
    expect(message?.body).toBe('due');
  });
});

import { ServiceBusClient } from '@azure/service-bus';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { QueueCounts } from './queue-counts.js';

const topologyFile = new URL('../../../../infra/servicebus/Config.json', import.meta.url);
let broker: Broker;
let client: ServiceBusClient;
let transport: AzureServiceBusTransport;

beforeEach(async () => {
  broker = await startBroker({ topology: parseTopology(await readFile(topologyFile, 'utf8')) });
  client = new ServiceBusClient(broker.connectionString);
  transport = createAzureServiceBusTransport({ connectionString: broker.connectionString });
});

afterEach(async () => {
  await client.close();
  await transport.close();
  await broker.close();
});

describe('QueueCounts', () => {
  it('counts what waits, what is in work and dead letters, and leaves out what is scheduled', async () => {
    const sender = client.createSender('orders');
    await sender.sendMessages([1, 2, 3].map((body) => ({ body })));
    await sender.scheduleMessages({ body: 4 }, new Date(Date.now() + 3_600_000));
    const receiver = client.createReceiver('orders');
    const [first, second] = await receiver.receiveMessages(2);
    if (first === undefined || second === undefined) throw new Error('Two messages were expected at once.');
    await receiver.deadLetterMessage(first);
    const counts = new QueueCounts(transport.inspection);
    expect(await counts.read(['orders', 'billing'])).toEqual(
      new Map([
        ['orders', { active: 2, deadLetter: 1 }],
        ['billing', { active: 0, deadLetter: 0 }],
      ]),
    );
  });

  it('says so when a queue cannot be read', async () => {
    const counts = new QueueCounts(transport.inspection);
    await expect(counts.read(['orders', 'nowhere'])).rejects.toThrow(/nowhere/);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Broker, startBrokerOn } from '../broker.js';
import { localDirectory, type StoreDirectory } from './files.js';

let dir: string;
let broker: Broker;
let client: ServiceBusClient;
/** The disk has begun to make another journal file. */
let changing: PromiseWithResolvers<void>;
/** Lets it. */
let change: PromiseWithResolvers<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  changing = Promise.withResolvers<void>();
  change = Promise.withResolvers<void>();
  change.resolve();
  const disk = localDirectory(dir);
  const files: StoreDirectory = {
    ...disk,
    open: async (name, purpose) => {
      if (purpose === 'log') {
        changing.resolve();
        await change.promise;
      }
      return disk.open(name, purpose);
    },
  };
  broker = await startBrokerOn({ files, compactAfterBytes: 16 * 1024 }, { dataDir: dir });
  broker.namespace.createQueue('orders', {}, broker.clock.now());
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
});

afterEach(async () => {
  change.resolve();
  await client.close();
  await broker.close();
  await rm(dir, { recursive: true });
});

it('answers whoever has nothing to record, again and again, while the journal changes files', async () => {
  const sender = client.createSender('orders');
  const receiver = client.createReceiver('orders');
  await sender.sendMessages({ messageId: 'held', body: 'x' });
  const [held] = (await receiver.receiveMessages(1)) as [ServiceBusReceivedMessage];
  const from = held.sequenceNumber ? { fromSequenceNumber: held.sequenceNumber } : {};
  [changing, change] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await sender.sendMessages({ messageId: 'grows the journal', body: 'x'.repeat(20 * 1024) });
  await changing.promise;
  for (let time = 0; time < 3; time++) {
    expect(await receiver.renewMessageLock(held)).toBeInstanceOf(Date);
    expect(await receiver.peekMessages(2, from)).toHaveLength(2);
  }
  const late = sender.sendMessages({ messageId: 'late', body: 'x' });
  change.resolve();
  await late;
});

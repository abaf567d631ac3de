import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, startBrokerOn } from '../broker.js';
import { LimitedDisk } from './testing/limited-disk.js';

const KILOBYTE = 1024;
const FULL = { code: 'QuotaExceeded', retryable: false };
const BODY = 'x'.repeat(4 * KILOBYTE);

let dir: string;
let disk: LimitedDisk;
let broker: Broker;
let client: ServiceBusClient;
let sender: ServiceBusSender;
/** What is in the queue, as clients were told. */
let expected: Set<string>;
/** Until the last that the broker said is not that the disk is full. */
let room: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  disk = new LimitedDisk(dir, 1024 * KILOBYTE);
  expected = new Set();
  await start();
  broker.namespace.createQueue('orders', {}, broker.clock.now());
});

afterEach(async () => {
  await stop();
  await rm(dir, { recursive: true });
});

/** Starts the broker on the small disk, and a client of it. */
async function start(): Promise<void> {
  let isFull = false;
  let tell: () => void = () => undefined;
  const log = (_: string, message: string) => {
    isFull = message.includes('the disk is full') || (isFull && !message.includes('there is room'));
    tell();
  };
  room = async () => {
    while (isFull) await new Promise<void>((resolve) => (tell = resolve));
  };
  const small = { files: disk, reserveBytes: 128 * KILOBYTE, spaceCheckInterval: 5 };
  broker = await startBrokerOn(small, { dataDir: dir, log });
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
  sender = client.createSender('orders');
}

async function stop(): Promise<void> {
  await client.close();
  await broker.close();
}

async function send(messageId: string): Promise<void> {
  await sender.sendMessages({ messageId, body: BODY });
  expected.add(messageId);
}

/** Sends until that is refused. */
async function fill(prefix: string): Promise<void> {
  const sendForever = async () => {
    for (let number = 1; ; number++) await send(`${prefix}-${number}`);
  };
  await expect(sendForever()).rejects.toMatchObject(FULL);
}

/** Receives and completes so many messages. */
async function complete(count: number): Promise<void> {
  const receiver = client.createReceiver('orders');
  for (let left = count; left > 0; ) {
    const messages = await receiver.receiveMessages(left);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    for (const { messageId } of messages) expected.delete(String(messageId));
    left -= messages.length;
  }
  await receiver.close();
}

async function expectStored(): Promise<void> {
  await stop();
  await start();
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  const found: string[] = [];
  while (found.length < expected.size) {
    const messages = await receiver.receiveMessages(expected.size - found.length);
    found.push(...messages.map(({ messageId }) => String(messageId)));
  }
  expect(found).toEqual([...expected]);
  expect(broker.namespace.registry.target('orders')?.main.counts).toMatchObject({ active: 0 });
}

describe('a broker whose disk is full', () => {
  it('refuses sends, goes on with receiving, and takes sends again once the disk is larger', async () => {
    await fill('early');
    expect(expected.size).toBeGreaterThan(150);
    await complete(100);
    await expect(send('still refused')).rejects.toMatchObject(FULL);
    const schedule = sender.scheduleMessages({ body: BODY }, new Date(Date.now() + 60_000));
    await expect(schedule).rejects.toMatchObject(FULL);

    disk.capacity *= 3;
    await room();
    await send('late');
    await expectStored();
  });

  it('takes sends again by itself once most of what it held was received', async () => {
    await fill('early');
    await complete(expected.size - 5);
    await room();
    await send('late');
    await expectStored();
  });

  it('is full again after a restart, and has lost nothing that was accepted', async () => {
    await fill('early');
    await stop();
    await start();
    await fill('later'); // Until the reserve is there again, what fits is taken.
    await complete(3);
    await expectStored();
  });
});

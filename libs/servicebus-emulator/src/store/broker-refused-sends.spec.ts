import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, startBrokerOn } from '../broker.js';
import { idOf } from '../testing/message.js';
import { LimitedDisk } from './testing/limited-disk.js';

const KILOBYTE = 1024;
const ROOMY = 4096 * KILOBYTE;

let dir: string;
let disk: LimitedDisk;
let broker: Broker;
let client: ServiceBusClient;
/** Resolves when the disk has room again. */
let room: Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  await start();
  broker.namespace.createQueue('q', { requiresDuplicateDetection: true }, broker.clock.now());
  await broker.flushed();
});

afterEach(async () => {
  await client.close();
  await broker.close();
  await rm(dir, { recursive: true });
});

async function start(): Promise<void> {
  disk = new LimitedDisk(dir, ROOMY);
  let tell: () => void = () => undefined;
  room = new Promise((resolve) => (tell = resolve));
  const log = (_: string, message: string) => {
    if (message.includes('there is room')) tell();
  };
  broker = await startBrokerOn(
    { files: disk, reserveBytes: 8 * KILOBYTE, spaceCheckInterval: 2 },
    { dataDir: dir, log },
  );
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
}

async function restart(): Promise<void> {
  await client.close();
  await broker.close().catch(() => undefined);
  await start();
}

const queue = () => {
  const { main } = broker.namespace.registry.get('q');
  return [...main.from(0)].map((message) => [idOf(message), message.state]);
};

const inAnHour = () => new Date(broker.clock.now() + 3_600_000);

/** The ways to send, and what they leave. */
const SENDS: Record<string, { readonly send: () => Promise<unknown>; readonly leaves: readonly unknown[] }> = {
  'one message': {
    send: () => client.createSender('q').sendMessages({ messageId: 'm', body: 'x' }),
    leaves: [['m', 'active']],
  },
  'a batch': {
    send: () => client.createSender('q').sendMessages(['a', 'm', 'z'].map((messageId) => ({ messageId, body: 'x' }))),
    leaves: ['a', 'm', 'z'].map((id) => [id, 'active']),
  },
  'a scheduled message': {
    send: () => client.createSender('q').scheduleMessages({ messageId: 'm', body: 'x' }, inAnHour()),
    leaves: [['m', 'scheduled']],
  },
  'a message with its time in it': {
    send: () =>
      client.createSender('q').sendMessages({ messageId: 'm', body: 'x', scheduledEnqueueTimeUtc: inAnHour() }),
    leaves: [['m', 'scheduled']],
  },
};

describe.each(Object.entries(SENDS))('%s that was refused is stored when it is sent again', (_, { send, leaves }) => {
  it('after the disk was full, once, and so it is found after a restart', async () => {
    disk.capacity = 0;
    await expect(send()).rejects.toMatchObject({ code: 'QuotaExceeded' });
    expect(queue()).toEqual([]);
    // The second time it is not even tried.
    await expect(send()).rejects.toMatchObject({ code: 'QuotaExceeded' });
    disk.capacity = ROOMY;
    await room;
    expect(queue()).toEqual([]);
    await send();
    expect(queue()).toEqual(leaves);
    await restart();
    expect(queue()).toEqual(leaves);
    await send();
    expect(queue()).toEqual(leaves);
  });

  it('after the disk was full and the broker was restarted', async () => {
    disk.capacity = 0;
    await expect(send()).rejects.toMatchObject({ code: 'QuotaExceeded' });
    disk.capacity = ROOMY;
    await room;
    await restart();
    expect(queue()).toEqual([]);
    await send();
    expect(queue()).toEqual(leaves);
  });

  it('after the disk failed and the broker was restarted', async () => {
    disk.failure = 'EIO';
    await expect(send()).rejects.toMatchObject({ name: 'ServiceBusError' });
    disk.failure = undefined;
    await expect(send()).rejects.toThrow('cannot be written any more');
    expect(queue()).toEqual([]);
    await restart();
    await send();
    expect(queue()).toEqual(leaves);
  });

  it('after its queue was disabled', async () => {
    const status = (value: 'SendDisabled' | 'Active') =>
      broker.namespace.update('q', { status: value }, broker.clock.now());
    status('SendDisabled');
    await expect(send()).rejects.toMatchObject({ name: 'ServiceBusError' });
    status('Active');
    await send();
    expect(queue()).toEqual(leaves);
  });
});

describe('a message that was refused is stored when it is sent again', () => {
  const send = (...messages: ServiceBusMessage[]) => client.createSender('q').sendMessages(messages);

  it('smaller, after it was too large', async () => {
    await expect(
      client.createSender('q').sendMessages({ messageId: 'm', body: Buffer.alloc(300 * KILOBYTE) }),
    ).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
    await send({ messageId: 'm', body: 'x' });
    expect(queue()).toEqual([['m', 'active']]);
  });

  it('after its queue was full', async () => {
    broker.namespace.update('q', { maxSizeInMegabytes: 1 }, broker.clock.now());
    const body = Buffer.alloc(200 * KILOBYTE);
    for (const messageId of ['1', '2', '3', '4', '5']) await send({ messageId, body });
    await expect(send({ messageId: 'm', body })).rejects.toMatchObject({ code: 'QuotaExceeded' });
    await client.createReceiver('q', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    await send({ messageId: 'm', body });
    expect(queue().at(-1)).toEqual(['m', 'active']);
  });

  it('and what was accepted stays a duplicate, also after a refusal of the same id', async () => {
    await send({ messageId: 'm', body: 'x' });
    disk.capacity = 0;
    await expect(send({ messageId: 'other', body: 'x' }, { messageId: 'm', body: 'x' })).rejects.toMatchObject({
      code: 'QuotaExceeded',
    });
    disk.capacity = ROOMY;
    await room;
    await send({ messageId: 'm', body: 'x' });
    expect(queue()).toEqual([['m', 'active']]);
    await restart();
    await send({ messageId: 'm', body: 'x' });
    expect(queue()).toEqual([['m', 'active']]);
  });
});

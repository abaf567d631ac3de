import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { type Broker, startBroker } from '../broker.js';
import { QUOTAS } from '../entities/quotas.js';
import { adminClient } from '../testing/admin.js';
import { loopbackDelivered } from '../testing/loopback.js';
import { FrameClient } from './testing/frame-client.js';
import { testMessage } from '../testing/message.js';
import { RawClient } from './testing/raw-client.js';

const MB = 1024 * 1024;

let broker: Broker;
let client: ServiceBusClient;

beforeEach(async () => {
  broker = await startBroker();
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
});

afterEach(async () => {
  await client.close();
  await broker.close();
});

describe('a message', () => {
  it('may have 256 KB by default, and as much as its queue was told, up to 100 MB', async () => {
    const { namespace, clock } = broker;
    namespace.createQueue('standard', {}, clock.now());
    namespace.createQueue('premium', { maxMessageSizeInKilobytes: 102_400 }, clock.now());
    const body = Buffer.alloc(20 * MB, 'x');
    const tooLarge = { code: 'MessageSizeExceeded' };
    await expect(client.createSender('standard').sendMessages({ body })).rejects.toMatchObject(tooLarge);
    await client.createSender('premium').sendMessages({ body });
    const [message] = await client.createReceiver('premium', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    expect(body.equals(message?.body)).toBe(true);
    const more = { maxMessageSizeInKilobytes: 102_401 };
    expect(() => namespace.createQueue('more', more, clock.now())).toThrow('between 256 and 102400, not 102401');
    const between = { maxMessageSizeInKilobytes: 512 };
    expect(() => namespace.createQueue('between', between, clock.now())).toThrow(
      'must be 256, or between 1024 and 102400, not 512',
    );
  });

  it('comes in batches of at most 1 MB, however large it may be by itself', async () => {
    broker.namespace.createQueue('premium', { maxMessageSizeInKilobytes: 102_400 }, broker.clock.now());
    const sender = client.createSender('premium');
    const half = { body: Buffer.alloc(MB / 2) };
    await expect(sender.sendMessages([half, half, half])).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
    await sender.sendMessages([half, { body: 'small' }]);
    expect(broker.namespace.registry.target('premium')?.main.counts.active).toBe(2);
  });

  it('has the same limits when it is scheduled, and is scheduled on queues and topics only', async () => {
    const raw = await RawClient.connect(broker.port);
    broker.namespace.createQueue('q', {}, broker.clock.now());
    const sender = client.createSender('q');
    const tomorrow = new Date(Date.now() + 86_400_000);
    await expect(sender.scheduleMessages({ body: Buffer.alloc(300_000) }, tomorrow)).rejects.toMatchObject({
      code: 'MessageSizeExceeded',
    });
    const schedule = 'com.microsoft:schedule-message';
    const reply = await raw.request('q/$DeadLetterQueue', schedule, { messages: [] });
    expect(reply).toMatchObject({ status: 400, condition: 'amqp:not-allowed' });
    await raw.close();
  });
});

it('lets a partitioned entity hold sixteen times its size, and no more than 80 GB in all', () => {
  const { namespace, clock } = broker;
  namespace.createQueue('q', { maxSizeInMegabytes: 1, enablePartitioning: true }, clock.now());
  const messages = Array.from({ length: 4 }, (_, i) => testMessage({ id: `${i}`, body: Buffer.alloc(5 * MB) }));
  for (const message of messages.slice(0, 3)) {
    namespace.commit(namespace.send('q', [message], clock.now()).unit, clock.now());
  }
  expect(() => namespace.send('q', messages.slice(3), clock.now())).toThrow(`${16 * MB}`);
  const tooLarge = { maxSizeInMegabytes: 5_121, enablePartitioning: true };
  expect(() => namespace.createQueue('p', tooLarge, clock.now())).toThrow('at most 5120 for a partitioned entity');
});

it('tells a sender that an entity is full, and takes messages again once there is room', async () => {
  broker.namespace.createQueue('q', { maxSizeInMegabytes: 1 }, broker.clock.now());
  const sender = client.createSender('q');
  const body = Buffer.alloc(200 * 1024);
  for (let i = 0; i < 5; i++) await sender.sendMessages({ body });
  await expect(sender.sendMessages({ body })).rejects.toMatchObject({ code: 'QuotaExceeded' });
  await client.createReceiver('q', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
  await sender.sendMessages({ body });
});

it('has 5,000 receivers at most at an entity, all subscriptions of a topic together', async () => {
  const { namespace, clock } = broker;
  namespace.createTopic('t', {}, clock.now());
  for (const name of ['a', 'b']) namespace.createSubscription(`t/Subscriptions/${name}`, {}, clock.now());
  const raw = await RawClient.connect(broker.port);
  const receivers = Array.from({ length: QUOTAS.receiversPerEntity - 1 }, () =>
    raw.connection.open_receiver({ source: { address: 't/Subscriptions/a' }, credit_window: 0 }),
  );
  const last = await raw.openReceiver('t/Subscriptions/a');
  const refused = raw.connection.open_receiver({ source: { address: 't/Subscriptions/b' } });
  await once(refused, 'receiver_error');
  expect(refused.error).toMatchObject({ condition: 'com.microsoft:server-busy' });
  last.close();
  await once(last, 'receiver_close');
  const next = await raw.openReceiver('t/Subscriptions/b');
  await loopbackDelivered(); // A refusal is an attach, too, and then a detach.
  expect(next.is_open()).toBe(true);
  expect(receivers.filter((receiver) => receiver.is_open())).toHaveLength(QUOTAS.receiversPerEntity - 1);
  await raw.close();
});

it('keeps the attaches of a client, however long, up to 20 MB', async () => {
  const frames = await FrameClient.open(broker.port);
  const properties = new Map([['long', 'x'.repeat(64_000)]]);
  const most = Math.floor((20_000 * 1024) / 64_200);
  for (let i = 0; i < most; i++) frames.attach(`${i}`, i, true, '$cbs', { properties });
  while ((await frames.next('attach'))['handle'] !== most - 1);
  for (const i of [most, most + 1]) frames.attach(`${i}`, i, true, '$cbs', { properties });
  expect(await frames.next('end')).toMatchObject({ error: { condition: 'amqp:resource-limit-exceeded' } });
  frames.socket.destroy();
});

it('has 5,000 connections at most: the next client is told so, and served once there is room', async () => {
  broker.namespace.createQueue('q', {}, broker.clock.now());
  const silent = Array.from({ length: QUOTAS.connections }, () => new Duplex({ read: () => undefined }));
  for (const stream of silent) broker.accept(stream);
  const raw = await RawClient.connect(broker.port);
  const closed = once(raw.connection, 'connection_close');
  const quick = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
  await expect(quick.createSender('q').sendMessages({ body: 1 })).rejects.toMatchObject({
    code: 'QuotaExceeded',
    message: expect.stringContaining('ConnectionsQuotaExceeded'),
  });
  await quick.close();
  raw.connection.open_sender({ target: { address: 'q' } });
  await closed;
  expect(raw.connection.error).toMatchObject({ condition: 'amqp:resource-limit-exceeded' });
  silent.pop()?.destroy();
  while (broker.connections >= QUOTAS.connections) await new Promise(setImmediate);
  await client.createSender('q').sendMessages({ body: 2 });
});

it('tells who administers it that there are too many entities', async () => {
  const { namespace, clock } = broker;
  for (let i = 0; i < QUOTAS.entities; i++) namespace.createQueue(`q${i}`, {}, clock.now());
  await expect(adminClient(broker).createQueue('one-more')).rejects.toMatchObject({
    statusCode: 403,
    message: expect.stringContaining('10000 queues and topics'),
  });
});

import { describe, expect, it } from '@jest/globals';
import amqp, { type ChannelModel, type ConsumeMessage } from 'amqplib';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sharedServer } from '../../../test/rabbitmq/shared-server.js';
import { VirtualHost } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { readDeliveries } from './read-deliveries.js';

const require = createRequire(import.meta.url);
/** The client's own decoder, which is not published. */
const inside = (file: string) => require(join(dirname(require.resolve('amqplib')), 'lib', file));
const { Connection } = inside('connection.js');
const { Channel } = inside('channel_model.js');
const { makeBodyFrame } = inside('frame.js');
const defs = inside('defs.js');

interface Sent {
  readonly fields: Omit<ConsumeMessage['fields'], 'consumerTag'>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly content: Buffer;
}

/** What a broker writes for a delivery, the body in frames of `most` bytes. */
function framesOf({ fields, properties, content }: Sent, most: number): Buffer {
  const bodies: Buffer[] = [];
  for (let from = 0; from < content.length; from += most) bodies.push(content.subarray(from, from + most));
  return Buffer.concat([
    defs.encodeMethod(defs.BasicDeliver, 1, { ...fields, consumerTag: 'consumer' }),
    defs.encodeProperties(defs.BasicProperties, 1, content.length, properties),
    ...bodies.map((body) => makeBodyFrame(1, body)),
  ]);
}

/** A connection of the client on which the chunks arrive, one after the other. */
function receive(chunks: readonly Buffer[], prepare: (model: ChannelModel) => unknown) {
  const received: ConsumeMessage[] = [];
  const others: unknown[] = [];
  const waiting = [...chunks];
  const connection = {
    rest: Buffer.alloc(0),
    recvSinceLastCheck: false,
    maxFrameSize: 0,
    channels: [null, {}] as unknown[],
    stream: { read: () => waiting.shift() ?? null },
    accept(frame: { readonly channel: number; readonly id?: number }) {
      if (frame.channel === 1) channel.accept(frame);
      else others.push(frame.id);
    },
  };
  Object.setPrototypeOf(connection, Connection.prototype);
  const channel = new Channel(connection);
  channel.registerConsumer('consumer', (message: ConsumeMessage) => received.push(message));
  connection.channels[1] = { channel };
  const isReady = prepare({ connection } as unknown as ChannelModel) ?? true;
  const client = connection as unknown as { recvFrame(): { channel: number } | false };
  for (let frame = client.recvFrame(); frame !== false; frame = client.recvFrame()) connection.accept(frame);
  const { rest, recvSinceLastCheck } = connection;
  return { isReady, received, others, rest: rest.length, isAlive: recvSinceLastCheck };
}

const shortText = fc.string({ maxLength: 60, unit: 'grapheme' });
const value = fc.oneof(
  shortText,
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  fc.constant({ '!': 'timestamp', value: 1_790_000_000 }),
);
const absent = { nil: undefined };
const sent = fc.record({
  fields: fc.record({
    deliveryTag: fc.nat(),
    redelivered: fc.boolean(),
    exchange: shortText,
    routingKey: shortText,
  }),
  properties: fc.record({
    contentType: fc.option(shortText, absent),
    headers: fc.option(fc.dictionary(shortText, value, { maxKeys: 6 }), absent),
    deliveryMode: fc.constantFrom(1, 2, undefined),
    priority: fc.option(fc.nat(255), absent),
    correlationId: fc.option(shortText, absent),
    expiration: fc.option(shortText, absent),
    messageId: fc.option(shortText, absent),
    timestamp: fc.option(fc.nat(), absent),
    type: fc.option(shortText, absent),
    userId: fc.option(shortText, absent),
    appId: fc.option(shortText, absent),
  }),
  content: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
}) as unknown as fc.Arbitrary<Sent>;

describe('deliveries', () => {
  it('are those that the client reads, however they are cut into frames and pieces, and among other frames', () => {
    const heartbeat = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);
    const cuts = fc.array(fc.nat({ max: 4_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 8 }), cuts, fc.integer({ min: 20, max: 400 }), (all, places, most) => {
        const bytes = Buffer.concat(all.flatMap((one) => [framesOf(one, most), heartbeat]));
        const ends = [...places.filter((place) => place < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const ours = receive(chunks, readDeliveries);
        const theirs = receive(chunks, () => {});
        expect(ours).toEqual(theirs);
        expect(ours.received.length).toBe(all.length);
      }),
    );
  });

  it('are not copied when they begin with what arrived', () => {
    const fields = { deliveryTag: 1, redelivered: false, exchange: '', routingKey: 'q' };
    const bytes = framesOf({ fields, properties: {}, content: Buffer.from('x') }, 100);
    const chunks = [bytes, Buffer.concat([bytes, bytes])];
    const { received } = receive(chunks, readDeliveries);
    for (const chunk of chunks) chunk.fill('y');
    expect(received.map(({ content }) => content.toString())).toEqual(['y', 'y', 'y']);
  });

  it('are left to the client on a channel that is being closed', () => {
    const fields = { deliveryTag: 1, redelivered: false, exchange: '', routingKey: 'q' };
    const bytes = framesOf({ fields, properties: {}, content: Buffer.from('x') }, 100);
    const frames: unknown[] = [];
    const closing = receive([bytes], (model) => {
      expect(readDeliveries(model)).toBe(true);
      const { channels } = (model as unknown as { connection: { channels: { channel: object }[] } }).connection;
      Object.assign(channels[1]?.channel ?? {}, { accept: (frame: unknown) => frames.push(frame) });
    });
    expect([closing.received.length, frames.length]).toEqual([0, 3]);
  });
});

whereInstalled(() => {
  it('are read so in this version of the client', async () => {
    const virtualHost = await VirtualHost.create(await sharedServer());
    const model = await amqp.connect(virtualHost.url());
    expect(readDeliveries(model)).toBe(true);
    await model.close();
    await virtualHost.remove();
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Options } from 'amqplib';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PublishFrames } from './publish-frames.js';

const require = createRequire(import.meta.url);
/** The client's own encoder, which is not published. */
const inside = (file: string) => require(join(dirname(require.resolve('amqplib')), 'lib', file));
const { Connection } = inside('connection.js');
const Args = inside('api_args.js');
const defs = inside('defs.js');

const frameMax = 4_096;

/** What the client itself writes for a message. */
function asTheClientWrites(exchange: string, routingKey: string, content: Buffer, options: Options.Publish): Buffer {
  const written: Buffer[] = [];
  const fields = Args.publish(exchange, routingKey, options);
  const connection = { frameMax, channels: [null, { buffer: { write: (chunk: Buffer) => written.push(chunk) } }] };
  Object.setPrototypeOf(connection, Connection.prototype);
  const { sendMessage } = Connection.prototype;
  sendMessage.call(connection, 1, defs.BasicPublish, fields, defs.BasicProperties, fields, content);
  return Buffer.concat(written);
}

const every: Options.Publish = {
  contentType: 'application/json',
  contentEncoding: 'gzip',
  headers: { text: 'ä€😀', long: 'x'.repeat(300), empty: '', nothing: undefined, byte: 127, short: 128, int: 32_768 },
  persistent: true,
  mandatory: true,
  priority: 3,
  correlationId: 'c',
  replyTo: 'r',
  expiration: '1000',
  messageId: 'm-1',
  timestamp: 1_790_000_000,
  type: 'order.place',
  appId: 'app',
};

describe('the frames of a publish', () => {
  it.each<[string, Options.Publish, number]>([
    ['of one that says nothing', {}, 10],
    ['of one without a body', { persistent: true }, 0],
    ['with every property', every, 1_000],
    ['with a body that fills a frame', every, frameMax - 8],
    ['with a body of several frames', every, 3 * frameMax],
    ['with texts as long as they may be', { messageId: 'x'.repeat(255), type: 'é'.repeat(127) }, 1],
  ])('are those of the client: %s', (_, options, bytes) => {
    const content = Buffer.alloc(bytes, 'body');
    const frames = new PublishFrames(1, frameMax);
    expect(frames.add({ exchange: 'events', routingKey: 'order.paid', content, options })).toBe(true);
    expect(frames.take().equals(asTheClientWrites('events', 'order.paid', content, options))).toBe(true);
  });

  it('follow one another, in the order in which they were added', () => {
    const frames = new PublishFrames(1, frameMax);
    const all = Array.from({ length: 50 }, (_, number) => Buffer.alloc(1_000, String(number)));
    for (const content of all) frames.add({ exchange: '', routingKey: 'work', content, options: every });
    const expected = all.map((content) => asTheClientWrites('', 'work', content, every));
    expect(frames.take().equals(Buffer.concat(expected))).toBe(true);
    expect(frames.length).toBe(0);
  });

  it.each<[string, Options.Publish]>([
    ['a text that is too long', { messageId: 'x'.repeat(256) }],
    ['a text that is none', { type: 7 as unknown as string }],
    ['a list of headers', { headers: { list: [1, 2] } }],
    ['a fraction', { headers: { half: 0.5 } }],
    ['a number below 0', { headers: { below: -1 } }],
    ['a large number', { headers: { large: 2 ** 31 } }],
    ['headers that fill more than a frame', { headers: { text: 'x'.repeat(frameMax) } }],
  ])('are left to the client, and nothing of them is kept, for %s', (_, options) => {
    const frames = new PublishFrames(1, frameMax);
    const plain = { exchange: '', routingKey: 'work', content: Buffer.from('body'), options: {} };
    frames.add(plain);
    expect(frames.add({ ...plain, options })).toBe(false);
    expect(frames.take().equals(asTheClientWrites('', 'work', plain.content, {}))).toBe(true);
  });
});

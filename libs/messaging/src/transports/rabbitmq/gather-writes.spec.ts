import { Writable } from 'node:stream';
import { expect, it } from '@jest/globals';
import amqp, { type ChannelModel } from 'amqplib';
import { sharedServer } from '../../../test/rabbitmq/shared-server.js';
import { VirtualHost } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { gatherWrites } from './gather-writes.js';

it('writes what a turn has to say at once, in its order, and the next turn by itself', async () => {
  const written: string[][] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _, done) => {
      written.push([chunk]);
      done();
    },
    writev: (chunks, done) => {
      written.push(chunks.map(({ chunk }) => chunk as string));
      done();
    },
  });
  expect(gatherWrites({ connection: { stream } } as unknown as ChannelModel)).toBe(true);
  for (const text of ['a', 'b', 'c']) stream.write(text);
  await new Promise((resolve) => setImmediate(resolve));
  stream.write('d');
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toEqual([['a', 'b', 'c'], ['d']]);
});

whereInstalled(() => {
  it('finds the socket of the client where it is in this version', async () => {
    const virtualHost = await VirtualHost.create(await sharedServer());
    const model = await amqp.connect(virtualHost.url());
    expect(gatherWrites(model)).toBe(true);
    await model.close();
    await virtualHost.remove();
  });
});

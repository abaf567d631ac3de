import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import amqp, { type ChannelModel, type ConfirmChannel, type GetMessage, type Options } from 'amqplib';
import { sharedServer } from '../../../test/rabbitmq/shared-server.js';
import { VirtualHost } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { gatherWrites } from './gather-writes.js';
import { PublishWriter } from './publish-writer.js';

whereInstalled(() => {
  let virtualHost: VirtualHost;
  let model: ChannelModel;
  let channel: ConfirmChannel;

  beforeEach(async () => {
    virtualHost = await VirtualHost.create(await sharedServer());
    model = await amqp.connect(virtualHost.url());
    channel = await model.createConfirmChannel();
    await channel.assertQueue('work');
  });
  afterEach(async () => {
    await model.close();
    await virtualHost.remove();
  });

  /** Resolves with what the broker said of each. */
  function publish(writer: PublishWriter, all: readonly Options.Publish[]): Promise<readonly (Error | null)[]> {
    return Promise.all(
      all.map((options, number) => {
        const message = { exchange: '', routingKey: 'work', content: Buffer.from(String(number)), options };
        return new Promise<Error | null>((resolve) => writer.publish(message, resolve));
      }),
    );
  }

  it('writes in this version of the client, and what only that can write in between, in order and confirmed', async () => {
    const writer = new PublishWriter(channel);
    expect(writer.isDirect).toBe(true);
    const lists = { headers: { list: ['a', 'b'] } };
    expect(await publish(writer, [{}, {}, lists, {}, lists])).toEqual([null, null, null, null, null]);
    for (let number = 0; number < 5; number += 1) {
      const { content, properties } = (await channel.get('work', { noAck: true })) as GetMessage;
      expect(content.toString()).toBe(String(number));
      expect(properties.headers).toEqual(number === 2 || number === 4 ? lists.headers : {});
    }
  });

  it('writes more than fits into one piece, in order', async () => {
    const writer = new PublishWriter(channel);
    const large = { headers: { text: 'x'.repeat(40_000) } };
    await publish(writer, Array<Options.Publish>(20).fill(large));
    expect((await channel.checkQueue('work')).messageCount).toBe(20);
    const { content } = (await channel.get('work', { noAck: true })) as GetMessage;
    expect(content.toString()).toBe('0');
  });

  it('has a full piece sent before the turn is over, also where writes are gathered', async () => {
    gatherWrites(model);
    const { stream } = (model as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    const writer = new PublishWriter(channel);
    const before = stream.bytesWritten;
    const confirmed = publish(writer, [{ headers: { text: 'x'.repeat(20_000) } }]);
    expect([stream.bytesWritten - before > 20_000, stream.writableCorked]).toEqual([true, 0]);
    expect(await confirmed).toEqual([null]);
  });

  it('leaves a client that it does not know to itself', async () => {
    const stranger = Object.create(channel, { connection: { value: undefined } }) as ConfirmChannel;
    expect(new PublishWriter(stranger).isDirect).toBe(false);
  });

  it('has what is under way refused when the channel closes, and writes nothing on the next of its number', async () => {
    const writer = new PublishWriter(channel);
    const confirmed = publish(writer, [{}, {}]);
    const closed = channel.close();
    await closed;
    expect((await confirmed).every((refused) => refused instanceof Error)).toBe(true);
    expect(writer.isDirect).toBe(false);
    const next = await model.createConfirmChannel();
    await next.waitForConfirms();
    expect((await next.checkQueue('work')).messageCount).toBe(0);
  });
});

import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import { IllegalOperationError } from 'amqplib';
import { AdvancingClock } from '../../testing/advancing-clock.js';
import type { Connection } from './connection.js';
import type { Publishing } from './publish-batch.js';
import { Publisher } from './publisher.js';

/** A channel of the client as far as a publisher uses it, which confirms at once. */
class FakeChannel extends EventEmitter {
  readonly published: string[] = [];
  isClosing = false;

  publish(_: string, key: string, __: Buffer, ___: object, confirmed: (error: null) => void): boolean {
    if (this.isClosing) throw new IllegalOperationError('Channel closing', 'here');
    this.published.push(key);
    confirmed(null);
    return true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const to = (queue: string): Publishing => ({
  to: { queue },
  exchange: '',
  routingKey: queue,
  message: { id: queue, type: 't', content: Buffer.alloc(0), options: {} },
});

it('takes nothing for unwritable that meets a closing channel: it goes out on the next one, in order', async () => {
  const [first, second] = [new FakeChannel(), new FakeChannel()];
  const channels = [first, second];
  const connection = {
    blocked: undefined,
    pauseMs: 1,
    onBlockedChanged: () => undefined,
    confirmChannel: () => Promise.resolve(channels.shift()),
  };
  const publisher = new Publisher(connection as unknown as Connection, new AdvancingClock(), 1_000);
  await publisher.send([to('0')], true);
  first.isClosing = true;
  const sent = Promise.all([publisher.send([to('1'), to('2')], true), publisher.send([to('3')], true)]);
  first.emit('close');
  await sent;
  expect([first.published, second.published]).toEqual([['0'], ['1', '2', '3']]);
  await publisher.close(0);
});

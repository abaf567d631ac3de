import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import type rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';
import type { BrokerOptions } from '../broker-options.js';
import { RawClient } from './testing/raw-client.js';

const MINUTE = 60_000;

let broker: Broker;
let raw: RawClient;

async function open(options: BrokerOptions = {}): Promise<void> {
  broker = await startBroker(options);
  broker.namespace.createQueue('q', {}, broker.clock.now());
  raw = await RawClient.connect(broker.port, { username: 'anonymous' });
}

/** Moves the clock, and on to where clients that were silent since are sent away. */
function pass(ms: number): void {
  broker.clock.advance(ms);
  broker.clock.advance(1_000);
}

afterEach(async () => {
  await raw.close();
  await broker.close();
});

interface Failed {
  readonly error: { readonly condition: string; readonly description: string };
}

/** The error a link is detached with. */
async function detached(link: rhea.link, event: string): Promise<Failed['error']> {
  await once(link, event);
  return link.error as Failed['error'];
}

/** The error a connection is closed with. */
async function closed(): Promise<Failed['error']> {
  await once(raw.connection, 'connection_close');
  return raw.connection.error as unknown as Failed['error'];
}

describe('a client that does nothing', () => {
  it('loses a sender after ten minutes, and its connection five minutes later', async () => {
    await open();
    const sender = await raw.openSender('q');
    broker.clock.advance(9 * MINUTE);
    sender.send({ body: 'still here' });
    await once(sender, 'accepted');
    broker.clock.advance(9.9 * MINUTE);
    expect(sender.is_open()).toBe(true);
    pass(0.2 * MINUTE);
    expect(await detached(sender, 'sender_error')).toMatchObject({ condition: 'amqp:link:detach-forced' });
    const error = closed();
    pass(5 * MINUTE);
    expect(await error).toMatchObject({
      condition: 'amqp:connection:forced',
      description: expect.stringContaining('300000 milliseconds'),
    });
  });

  it('loses a receiver that does not ask for messages, and keeps one that waits for them', async () => {
    await open();
    const waiting = await raw.openReceiver('q');
    waiting.add_credit(1);
    const idle = await raw.openReceiver('q');
    const error = detached(idle, 'receiver_error');
    pass(30 * MINUTE);
    expect(await error).toMatchObject({ condition: 'amqp:link:detach-forced' });
    const sender = await raw.openSender('q');
    sender.send({ body: 'after half an hour' });
    const [{ message }] = await once(waiting, 'message');
    expect(message.body).toBe('after half an hour');
  });

  it('loses a connection on which it opens no link within a minute', async () => {
    await open();
    const error = closed();
    broker.clock.advance(MINUTE);
    expect(await error).toMatchObject({ description: expect.stringContaining('60000 milliseconds') });
  });

  it('is told why, even by a broker that was held up meanwhile', async () => {
    await open();
    const error = closed();
    broker.clock.advance(MINUTE);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700); // Longer than an answer to a goodbye is awaited.
    expect(await error).toMatchObject({ condition: 'amqp:connection:forced' });
  });

  it('loses a connection on which it shows no token within 20 seconds, where tokens are required', async () => {
    await open({ requireAuth: true });
    const error = closed();
    broker.clock.advance(20_000);
    expect(await error).toMatchObject({ description: expect.stringContaining('no valid token') });
  });

  it('is left alone when the broker is told so', async () => {
    await open({ enforceIdleTimeouts: false });
    const sender = await raw.openSender('q');
    pass(600 * MINUTE);
    sender.send({ body: 'ten hours later' });
    await once(sender, 'accepted');
  });
});

describe("a user of Microsoft's client", () => {
  it('is not disturbed: the client comes back by itself', async () => {
    await open({ requireAuth: true });
    const client = new ServiceBusClient(broker.connectionString, { retryOptions: { retryDelayInMs: 10 } });
    const sender = client.createSender('q');
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    for (const body of ['first', 'second']) {
      await sender.sendMessages({ body });
      expect((await receiver.receiveMessages(1)).map((message) => message.body)).toEqual([body]);
      pass(10 * MINUTE);
      pass(5 * MINUTE);
      while (broker.connections > 0) await new Promise(setImmediate);
    }
    await client.close();
  });

  it('may move the clock and go on at once', async () => {
    await open();
    const client = new ServiceBusClient(broker.connectionString);
    const sender = client.createSender('q');
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    for (const body of [1, 2, 3]) {
      await sender.sendMessages({ body });
      broker.clock.advance(30 * MINUTE);
      expect((await receiver.receiveMessages(1)).map((message) => message.body as unknown)).toEqual([body]);
      broker.clock.advance(30 * MINUTE);
    }
    await client.close();
  });
});

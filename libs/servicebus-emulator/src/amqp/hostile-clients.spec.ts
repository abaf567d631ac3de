import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import fc from '../testing/fast-check.js';
import rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';

let broker: Broker;
let logged: string[];

beforeEach(async () => {
  logged = [];
  broker = await startBroker({ log: (level, message) => level === 'error' && logged.push(message) });
  broker.namespace.createQueue('q', {}, broker.clock.now());
});

afterEach(async () => {
  await broker.close();
  expect(logged).toEqual([]);
});

async function open(): Promise<Socket> {
  const socket = connect(broker.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Whether the broker still serves others. */
async function expectToServe(): Promise<void> {
  const client = new ServiceBusClient(broker.connectionString);
  await client.createSender('q').sendMessages({ body: 'fine' });
  const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
  expect((await receiver.receiveMessages(1)).map(({ body }) => body)).toEqual(['fine']);
  await client.close();
}

/** Until every connection is gone; the test times out when one stays. */
async function expectNobody(): Promise<void> {
  while (broker.connections > 0) await new Promise(setImmediate);
}

const AMQP = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
const SASL = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

function frame(channel: number, body: Buffer, type = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head[4] = 2;
  head[5] = type;
  head.writeUInt16BE(channel, 6);
  return Buffer.concat([head, body]);
}

const OPEN = frame(0, Buffer.from('005310c00401a1016d', 'hex'));
const BEGIN = frame(0, Buffer.from('005311c00b0440434370000008004370', 'hex'));

describe('a client that misbehaves', () => {
  it.each([
    ['speaks HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['speaks TLS', Buffer.from('16030100c8010000c403030000000000000000', 'hex')],
    ['asks for another version of AMQP', Buffer.from('AMQP\x00\x02\x00\x00', 'latin1')],
    [
      'picks a SASL mechanism that is not offered',
      Buffer.concat([SASL, frame(0, Buffer.from('005341c00901a306475353415049', 'hex'), 1)]),
    ],
    ['announces a frame of 4 GB', Buffer.concat([AMQP, OPEN, Buffer.from('fffffff002000000', 'hex')])],
    ['sends a frame of no size', Buffer.concat([AMQP, OPEN, Buffer.alloc(64)])],
    [
      'sends a frame on a channel that was not begun',
      Buffer.concat([AMQP, OPEN, frame(7, Buffer.from('005317c00101', 'hex'))]),
    ],
    [
      'begins with a value that ends nowhere',
      Buffer.concat([AMQP, OPEN, frame(0, Buffer.from('005311d0ffffffffffffffff', 'hex'))]),
    ],
    ['nests descriptors without end', Buffer.concat([AMQP, OPEN, frame(0, Buffer.alloc(60_000))])],
  ])('is disconnected when it %s, and nobody else notices', async (_, bytes) => {
    const socket = await open();
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(bytes);
    socket.end();
    await closed;
    await expectToServe();
    await expectNobody();
  });

  it('may leave at any byte', async () => {
    const whole = Buffer.concat([
      SASL,
      frame(0, Buffer.from('005341c00c01a309414e4f4e594d4f5553', 'hex'), 1),
      AMQP,
      OPEN,
      BEGIN,
    ]);
    for (let length = 1; length <= whole.length; length += 3) {
      const socket = await open();
      socket.write(whole.subarray(0, length));
      await new Promise(setImmediate);
      socket.resetAndDestroy();
    }
    await expectToServe();
    await expectNobody();
  });

  it('may send any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, opened) => {
        const socket = await open();
        socket.resume();
        const closed = once(socket, 'close');
        socket.end(Buffer.concat([AMQP, ...(opened ? [OPEN, BEGIN] : []), frame(0, Buffer.from(bytes))]));
        await closed;
      }),
      { numRuns: 150 },
    );
    await expectToServe();
  });
});

describe('a raw client', () => {
  let container: rhea.Container;
  let connection: rhea.Connection;

  beforeEach(async () => {
    container = rhea.create_container();
    for (const event of ['disconnected', 'sender_error', 'receiver_error', 'error']) {
      container.on(event, () => undefined);
    }
    connection = container.connect({
      port: broker.port,
      host: '127.0.0.1',
      username: 'x',
      password: 'y',
      reconnect: false,
    });
    await once(container, 'connection_open');
  });

  afterEach(async () => {
    if (!connection.is_open()) return;
    const closed = once(container, 'connection_close');
    connection.close();
    await closed;
  });

  it.each(['', 'missing', 'q/$nonsense', 'q/Subscriptions/s', '$cbs/x', `${'x'.repeat(5_000)}`])(
    'is told that nothing is at %p',
    async (address) => {
      const sender = connection.open_sender({ target: { address } });
      const [{ sender: failed }] = await once(sender, 'sender_error');
      expect(failed.error.condition).toBe('amqp:not-found');
      const receiver = connection.open_receiver({ source: { address } });
      const [{ receiver: refused }] = await once(receiver, 'receiver_error');
      expect(refused.error.description).toMatch(/^The messaging entity '.*' could not be found/);
    },
  );

  it('has messages refused that are none, and goes on', async () => {
    const sender = connection.open_sender({ target: { address: 'q' } }) as rhea.Sender & {
      send(bytes: Buffer, tag?: Buffer, format?: number): rhea.Delivery;
    };
    await once(sender, 'sendable');
    for (const bytes of [
      Buffer.from('nonsense'),
      Buffer.from('005373', 'hex'),
      Buffer.alloc(0),
      Buffer.from([0, 0x53, 0x75, 0xa0, 200]),
    ]) {
      sender.send(bytes, undefined, 0);
      const [{ delivery }] = await once(sender, 'rejected');
      expect(delivery.remote_state.error.condition).toBe('amqp:decode-error');
    }
    sender.send({ body: 'fine' } as never);
    await once(sender, 'accepted');
    expect(broker.namespace.registry.target('q')?.main.counts.active).toBe(1);
  });

  it('has a batch refused as a whole when one of its messages is none', async () => {
    const sender = connection.open_sender({ target: { address: 'q' } }) as rhea.Sender & {
      send(bytes: Buffer, tag?: Buffer, format?: number): rhea.Delivery;
    };
    await once(sender, 'sendable');
    const good = rhea.message.encode({ body: 'good' });
    const batch = rhea.message.encode({ body: rhea.message.data_sections([good, Buffer.from('bad')]) } as never);
    sender.send(batch, undefined, 0x80013700);
    await once(sender, 'rejected');
    expect(broker.namespace.registry.target('q')?.main.counts.active).toBe(0);
  });

  it('may leave thousands of messages unsettled: it gets what its session holds, and others go on', async () => {
    const client = new ServiceBusClient(broker.connectionString);
    const sender = client.createSender('q');
    for (let i = 0; i < 5; i++) await sender.sendMessages(Array.from({ length: 600 }, (_, n) => ({ body: n })));
    let received = 0;
    const full = new Promise<void>((resolve) => {
      container.on('message', () => ++received === 2_048 && resolve());
    });
    const receiver = connection.open_receiver({
      source: { address: 'q' },
      autoaccept: false,
      autosettle: false,
      credit_window: 0,
      rcv_settle_mode: 1,
    });
    receiver.add_credit(10_000);
    await full;
    const other = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    // It is content with what came within a second.
    for (let left = 952; left > 0; ) left -= (await other.receiveMessages(left)).length;
    await client.close();
  });

  it('that does not read costs the broker a bounded amount of memory', async () => {
    const body = Buffer.alloc(200_000);
    const client = new ServiceBusClient(broker.connectionString);
    const sender = client.createSender('q');
    for (let i = 0; i < 150; i++) await sender.sendMessages({ body });
    await client.close();
    const receiver = connection.open_receiver({ source: { address: 'q' }, snd_settle_mode: 1, credit_window: 0 });
    await once(receiver, 'receiver_open');
    const { socket } = connection as unknown as { socket: Socket };
    socket.pause();
    receiver.add_credit(150);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // What was not taken out of the queue is not waiting in a buffer either.
    expect(broker.namespace.registry.target('q')?.main.counts.active).toBeGreaterThan(50);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      container.on('message', () => ++received === 150 && resolve());
    });
    socket.resume();
    await all;
  });
});

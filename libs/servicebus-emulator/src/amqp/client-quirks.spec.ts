import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Attach, type Draft, type Performative, SASL_FRAME, SASL_INIT } from '@orderflow/amqp';
import { type Broker, startBroker } from '../broker.js';
import { LockTokens } from '../codec/lock-token.js';
import { ValueReader } from '../codec/read-value.js';
import { APPLICATION_PROPERTIES, DELIVERY_ANNOTATIONS, HEADER, PROPERTIES, sectionsOf } from '../codec/sections.js';
import { ValueWriter } from '../codec/value-writer.js';
import { encodeTestMessage, idOf, testMessage } from '../testing/message.js';
import { FrameClient, type Said } from './testing/frame-client.js';

// What clients that are not run put on the wire, and what they want of a broker; that of any AMQP server is in
// `libs/amqp/src/engine/client-quirks.spec.ts`.

const NODE = 'q/$management';
const CORRELATION_ID = 5;
const DELIVERY_COUNT = 4;
const LOCK_ID = 1;

let broker: Broker;
const clients: FrameClient[] = [];

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', { maxDeliveryCount: 2 }, broker.clock.now());
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await broker.close();
});

async function open(): Promise<FrameClient> {
  const client = await FrameClient.open(broker.port);
  clients.push(client);
  return client;
}

function put(...ids: string[]): void {
  const { namespace, clock } = broker;
  for (const id of ids) namespace.commit(namespace.send('q', [testMessage({ id })], clock.now()).unit, clock.now());
}

/** Ids of what is in the queue, and in its dead-letter queue. */
function stored(): { main: string[]; deadLetters: string[] } {
  const queue = broker.namespace.registry.target('q');
  if (queue?.kind !== 'queue') throw new Error('There is no queue.');
  return { main: [...queue.main.from(0)].map(idOf), deadLetters: [...queue.deadLetters.from(0)].map(idOf) };
}

interface Asked {
  readonly operation: string;
  /** Encoded. */
  readonly id: Buffer;
  readonly replyTo?: string;
  /** Encoded; an empty map by default. */
  readonly body?: Buffer;
}

function request({ operation, id, replyTo, body }: Asked): Buffer {
  const writer = new ValueWriter().descriptor(PROPERTIES).list(5, (list) => {
    list.raw(id).null().null().null();
    if (replyTo === undefined) list.null();
    else list.string(replyTo);
  });
  writer.descriptor(APPLICATION_PROPERTIES).map(1, (map) => map.string('operation').string(operation));
  writer.descriptor(0x77).raw(body ?? new ValueWriter().map(0, () => undefined).finish());
  return writer.finish();
}

const ulong = (value: number) => Buffer.of(0x53, value);
const PEEK = new ValueWriter()
  .map(2, (map) => {
    map.string('from-sequence-number').long(1).string('message-count').int(1);
  })
  .finish();

/** The fields of a section that is a list, each as it was encoded. */
function fieldsOf({ payload }: Said, code: number): Buffer[] {
  const section = sectionsOf(payload as Buffer).find((one) => one.code === code);
  if (!section) return [];
  const reader = new ValueReader(payload as Buffer, section.value);
  return Array.from({ length: reader.enter() }, () => Buffer.from(reader.raw()));
}

/** The names and values of a section that is a map, in turn, each as it was encoded. */
const statusOf = (reply: Said) => {
  const all = fieldsOf(reply, APPLICATION_PROPERTIES);
  return new Map(all.flatMap((name, i) => (i % 2 ? [] : [[String(new ValueReader(name).next()), all[i + 1]]])));
};

/** Attaches both links of a node, and says nothing more before they are there. */
async function attachNode(client: FrameClient, address: string, replies: Partial<Draft<Attach>> = {}): Promise<void> {
  client.attach('requests', 0, false, address).attach('replies', 1, true, address, replies);
  await client.next('attach');
  await client.next('attach');
  client.credit(1, 50);
}

const ask = (client: FrameClient, asked: Asked, fields: Partial<Draft<Performative>> = {}) =>
  client.send(
    { type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(0), ...fields } as Draft<Performative>,
    request(asked),
  );

describe('the Azure client for .NET', () => {
  it('sends tokens settled beforehand: they are answered, and nothing is said of the request', async () => {
    const client = await open();
    await attachNode(client, '$cbs', { target: { type: 'target', address: 'duplex' } });
    client.said.length = 0;
    ask(client, { operation: 'put-token', id: ulong(1), replyTo: 'duplex' }, { settled: true });
    const reply = await client.next('transfer');
    expect(statusOf(reply).get('status-code')).toEqual(new ValueWriter().int(202).finish());
    expect(client.said.filter(({ type }) => type === 'disposition')).toEqual([]);
  });

  it('begins addresses with a slash, and reads the count of every delivery', async () => {
    put('a');
    const client = await open();
    client.attach('receiver', 0, true, '/q').credit(0, 1);
    expect((await client.next('attach'))['source']).toMatchObject({ address: '/q' });
    const header = fieldsOf(await client.next('transfer'), HEADER);
    expect(header[DELIVERY_COUNT]).toEqual(new ValueWriter().uint(0).finish());
  });

  it('dead-letters by a rejection with an error, and takes a bare rejection for success', async () => {
    put('a');
    const client = await open();
    client.attach('receiver', 0, true, 'q', { rcvSettleMode: 1 }).credit(0, 1);
    await client.next('transfer');
    const error = { type: 'error', condition: 'com.microsoft:dead-letter' } as const;
    client.send({
      ...{ type: 'disposition', role: true, first: 0, settled: false, batchable: true },
      state: { type: 'rejected', error },
    });
    const { state, settled } = await client.next('disposition');
    expect([state, settled, stored()]).toEqual([{ type: 'rejected' }, true, { main: [], deadLetters: ['a'] }]);
  });
});

describe('the Azure client for Java', () => {
  it('names the same reply address on every connection: each gets its own answers', async () => {
    put('a');
    const target = { type: 'target', address: 'q-client-reply-to' } as const;
    const [one, other] = [await open(), await open()];
    for (const client of [one, other]) await attachNode(client, NODE, { target });
    const peek = { operation: 'com.microsoft:peek-message', replyTo: target.address, body: PEEK };
    ask(other, { ...peek, id: ulong(8) });
    ask(one, { ...peek, id: ulong(7) });
    const replies = [await one.next('transfer'), await other.next('transfer')];
    expect(replies.map((reply) => fieldsOf(reply, PROPERTIES)[CORRELATION_ID])).toEqual([ulong(7), ulong(8)]);
  });

  it.each(['accepted', 'rejected', 'released', 'modified'] as const)(
    'takes a settlement for done when the answer is of its kind: %s',
    async (type) => {
      put('a');
      const client = await open();
      client.attach('receiver', 0, true, 'q', { rcvSettleMode: 1 }).credit(0, 1);
      await client.next('transfer');
      client.send({ type: 'disposition', role: true, first: 0, settled: false, state: { type } });
      expect(await client.next('disposition')).toMatchObject({ role: false, settled: true, state: { type } });
    },
  );
});

describe('the correlation of a reply', () => {
  it.each([
    ['a small ulong', ulong(7)],
    ['a ulong of eight bytes', Buffer.from('800000000000000007', 'hex')],
    ['a string', new ValueWriter().string('7').finish()],
    ['a uuid', new ValueWriter().uuid(Buffer.alloc(16, 7)).finish()],
  ])('is the id of its request, byte for byte: %s', async (_, id) => {
    const client = await open();
    await attachNode(client, NODE);
    ask(client, { operation: 'com.microsoft:peek-message', id, body: PEEK });
    expect(fieldsOf(await client.next('transfer'), PROPERTIES)[CORRELATION_ID]).toEqual(id);
  });
});

describe('go-amqp', () => {
  it('has the address of its replies, which begins with that of the node, for itself', async () => {
    const client = await open();
    const address = '$cbs$$cbs-reply-to-1';
    await attachNode(client, '$cbs', { target: { type: 'target', address } });
    ask(client, { operation: 'put-token', id: ulong(1), replyTo: address });
    expect((await client.next('transfer'))['handle']).toBe(1);
  });

  it.each([
    ['what it allows, when that is less', 1_000n, 1_000n],
    ['what the queue allows, when that is less', 1n << 40n, 262_144n],
    ['what the queue allows, when it allows anything', 0n, 262_144n],
    ['what the queue allows, when it says nothing', undefined, 262_144n],
  ])('is answered with %s', async (_, maxMessageSize, answered) => {
    const client = await open();
    client.attach('sender', 0, false, 'q', { maxMessageSize });
    expect((await client.next('attach'))['maxMessageSize']).toBe(answered);
  });
});

describe('the Azure client for Rust', () => {
  it('defers by an operation that Azure does not have: it is told so', async () => {
    const client = await open();
    await attachNode(client, NODE);
    ask(client, { operation: 'com.microsoft:defer-message', id: ulong(1) });
    const status = statusOf(await client.next('transfer'));
    expect(new ValueReader(status.get('statusCode') as Buffer).next()).toBeGreaterThanOrEqual(400n);
  });

  it('dead-letters without saying why, and abandons by releasing', async () => {
    put('a', 'b');
    const client = await open();
    client.attach('receiver', 0, true, 'q').credit(0, 2);
    await client.next('transfer');
    await client.next('transfer');
    client.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'rejected' } });
    client.send({ type: 'disposition', role: true, first: 1, settled: true, state: { type: 'released' } });
    client.send({ type: 'detach', handle: 0, closed: true });
    await client.next('detach');
    expect(stored()).toEqual({ main: ['b'], deadLetters: ['a'] });
  });
});

describe('pyamqp', () => {
  it('settles with no answer, by the whole URI of the queue, and detaches after its session has ended', async () => {
    put('a', 'b');
    const client = await open();
    client.attach('receiver', 0, true, 'amqps://namespace.example:5671/q').credit(0, 1);
    await client.next('transfer');
    client.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'accepted' } });
    client.send({ type: 'end' });
    await client.next('end');
    client.send({ type: 'detach', handle: 0, closed: true });
    client.send({ type: 'begin', nextOutgoingId: 0, incomingWindow: 100, outgoingWindow: 100 });
    client.attach('next', 0, true, 'q').credit(0, 1);
    const { payload } = await client.next('transfer');
    expect([stored().main, payload?.includes('b')]).toEqual([['b'], true]);
  });
});

describe('uamqp', () => {
  it('renews and settles by the token in the delivery annotations, which is that of the tag', async () => {
    put('a');
    const client = await open();
    client.attach('receiver', 0, true, 'q').credit(0, 1);
    const said = await client.next('transfer');
    const [name, token] = fieldsOf(said, DELIVERY_ANNOTATIONS);
    expect(new ValueReader(name as Buffer).next()).toBe('x-opt-lock-token');
    expect(LockTokens.tag(token?.subarray(LOCK_ID) as Buffer)).toEqual(said['deliveryTag']);
  });
});

describe('Qpid and AMQPNetLite', () => {
  it('say all at once, to a broker that has said nothing', async () => {
    const client = await FrameClient.connect(broker.port);
    clients.push(client);
    client.socket.cork();
    client
      .header(3)
      .frame(SASL_INIT.to({ mechanism: 'ANONYMOUS' }), SASL_FRAME)
      .header(0);
    client.send({ type: 'open', containerId: 'lite', maxFrameSize: 65_536, channelMax: 3 });
    client.send({ type: 'begin', nextOutgoingId: 0xffff_fffd, incomingWindow: 2_048, outgoingWindow: 2_048 });
    client.attach('sender', 0, false, 'q');
    for (let id = 0; id < 6; id++) {
      const transfer = { type: 'transfer', handle: 0, deliveryId: id, deliveryTag: Buffer.of(0, 0, 0, id) } as const;
      client.send(transfer, encodeTestMessage({ id: `m${id}` }));
    }
    client.socket.uncork();
    let accepted = 0;
    while (accepted < 6) {
      const { first, last, state } = await client.next('disposition');
      expect(state).toEqual({ type: 'accepted' });
      accepted += Number(last ?? first) - Number(first) + 1;
    }
    expect(stored().main).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5']);
  });

  it('may ask for TLS in the middle of a connection: they are told what is spoken here, and hung up on', async () => {
    const client = await FrameClient.connect(broker.port);
    clients.push(client);
    const ended = new Promise((resolve) => client.socket.once('end', resolve));
    client.header(2);
    await ended;
    expect(client.said.map(({ type }) => type)).toEqual(['header 0']);
  });
});

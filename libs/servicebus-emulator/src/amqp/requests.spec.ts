import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '../broker.js';
import { sectionsOf, VALUE, PROPERTIES, APPLICATION_PROPERTIES } from '../codec/sections.js';
import { ValueWriter } from '../codec/value-writer.js';
import { readProperties } from '../codec/properties-section.js';
import { testMessage } from '../testing/message.js';
import { FrameClient, type Said } from './testing/frame-client.js';

let broker: Broker;
let client: FrameClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
  client = await FrameClient.open(broker.port);
});
afterEach(async () => {
  client.socket.destroy();
  await broker.close();
});

/** A request with a number as its id, as clients for Python and Java have it. */
function request(id: number, replyTo?: string): Buffer {
  const writer = new ValueWriter().descriptor(PROPERTIES).list(5, (list) => {
    list.raw([0x53, id]).null().null().null();
    if (replyTo === undefined) list.null();
    else list.string(replyTo);
  });
  writer
    .descriptor(APPLICATION_PROPERTIES)
    .map(1, (map) => map.string('operation').string('com.microsoft:peek-message'));
  return writer
    .descriptor(VALUE)
    .map(2, (map) => {
      map.string('from-sequence-number').long(1).string('message-count').int(1);
    })
    .finish();
}

function ask(handle: number, deliveryId: number, message: Buffer): void {
  client.send({ type: 'transfer', handle, deliveryId, deliveryTag: Buffer.of(deliveryId) }, message);
}

/** The correlation id of a reply, as it was encoded. */
function correlation({ payload }: Said): string | undefined {
  const section = payload && sectionsOf(payload).find(({ code }) => code === PROPERTIES);
  return section && readProperties(payload, section.value).correlationId?.toString();
}

const NODE = 'q/$management';

describe('a request', () => {
  it.each([
    ['no link, on the newest whose source is its node', undefined, 2],
    ['a link by its name', 'older', 1],
    ['a link by the address of its target', 'my-replies', 1],
    ['a link that is not there, on the newest whose source is its node', 'nowhere', 2],
  ])('that names %s, is answered there, with its id', async (_, replyTo, handle) => {
    client.attach('requests', 0, false, NODE);
    client.attach('older', 1, true, NODE, { target: { type: 'target', address: 'my-replies' } }).credit(1, 1);
    client.attach('newer', 2, true, NODE).credit(2, 1).attach('other', 3, true, '$cbs').credit(3, 1);
    ask(0, 0, request(7, replyTo));
    const reply = await client.next('transfer');
    expect([reply['handle'], correlation(reply), reply['settled']]).toEqual([handle, '7', true]);
  });

  it('is answered however its client writes addresses: as paths or as URIs, in any case', async () => {
    client.attach('requests', 0, false, 'amqps://namespace.example/Q/$management');
    client.attach('replies', 1, true, '/q/$Management').credit(1, 1);
    ask(0, 0, request(7));
    expect(correlation(await client.next('transfer'))).toBe('7');
    client.attach('tokens', 2, false, 'amqps://namespace.example/$cbs');
    expect(await client.next('attach')).toMatchObject({
      target: { address: 'amqps://namespace.example/$cbs' },
      maxMessageSize: expect.anything(),
    });
  });

  it('is accepted before its reply', async () => {
    client.attach('requests', 0, false, NODE).attach('replies', 1, true, NODE).credit(1, 10);
    await client.next('attach');
    await client.next('attach');
    for (const id of [0, 1]) ask(0, id, request(id));
    const order: string[] = [];
    while (order.length < 4) {
      while (client.said.length === 0) await new Promise(setImmediate);
      const { type } = client.said.shift() as Said;
      if (type === 'disposition' || type === 'transfer') order.push(type);
    }
    expect(order).toEqual(['disposition', 'transfer', 'disposition', 'transfer']);
  });

  it('has its reply wait for credit', async () => {
    client.attach('requests', 0, false, NODE).attach('replies', 1, true, NODE);
    for (const id of [0, 1]) ask(0, id, request(id));
    await client.next('disposition');
    client.credit(1, 1);
    expect(correlation(await client.next('transfer'))).toBe('0');
    client.credit(1, 2);
    expect(correlation(await client.next('transfer'))).toBe('1');
  });

  it('is refused when a thousand replies wait', async () => {
    client.attach('requests', 0, false, NODE).attach('replies', 1, true, NODE);
    for (let id = 0; id < 1_000; id++) ask(0, id, request(1));
    ask(0, 1_000, request(2));
    const refused = async () => {
      for (;;) {
        const { state } = await client.next('disposition');
        if ((state as Said).type === 'rejected') return state;
      }
    };
    expect(await refused()).toMatchObject({ error: { condition: 'amqp:resource-limit-exceeded' } });
  });
});

describe('a transaction', () => {
  it('is refused with its coordinator, which says what is not there', async () => {
    client.attach('coordinator', 0, false, '', { target: { type: 'coordinator' } });
    expect(await client.next('attach')).toMatchObject({ name: 'coordinator', role: true });
    expect(await client.next('detach')).toMatchObject({
      closed: true,
      error: {
        condition: 'amqp:not-implemented',
        description: expect.stringContaining('This server has no transactions'),
      },
    });
  });

  it('is refused to a send and to a request that are part of one', async () => {
    const state = { type: 'transactional-state', txnId: Buffer.from('txn') } as const;
    client.attach('sends', 0, false, 'q').attach('requests', 1, false, NODE);
    for (const handle of [0, 1]) {
      client.send({ type: 'transfer', handle, deliveryId: handle, deliveryTag: Buffer.of(1), state }, request(1));
      const said = await client.next('disposition');
      expect(said).toMatchObject({ state: { type: 'rejected', error: { condition: 'amqp:not-implemented' } } });
    }
    expect(broker.namespace.registry.target('q')?.main.counts.active).toBe(0);
  });

  it('is refused to a settlement that is part of one', async () => {
    const { namespace, clock } = broker;
    namespace.commit(namespace.send('q', [testMessage({ id: 'm' })], clock.now()).unit, clock.now());
    client.attach('receives', 0, true, 'q').credit(0, 1);
    await client.next('transfer');
    const state = { type: 'transactional-state', txnId: Buffer.from('txn'), outcome: { type: 'accepted' } } as const;
    client.send({ type: 'disposition', role: true, first: 0, settled: false, state });
    const said = await client.next('disposition');
    expect(said).toMatchObject({ role: false, settled: true, state: { error: { condition: 'amqp:not-implemented' } } });
    expect(namespace.registry.target('q')?.main.counts.active).toBe(1);
  });
});

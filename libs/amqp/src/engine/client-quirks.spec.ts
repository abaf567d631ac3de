import { describe, expect, it } from '@jest/globals';
import type { Described } from '../codec/value.js';
import { ValueReader } from '../codec/value-reader.js';
import { FrameReader } from '../frames/frame-reader.js';
import * as clients from '../testing/clients.js';
import { ScriptPeer } from '../testing/script-peer.js';

const ACCEPTED = { type: 'accepted' } as const;
const REFUSAL = { type: 'error', condition: 'amqp:not-found', description: 'There is none.' } as const;
const OPTIONS = { settled: false, format: 0, batchable: true, token: undefined };

/** Descriptor code → number of fields, of every performative and what it carries. */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const count = (value: unknown): void => {
    const { descriptor, value: list } = (value ?? {}) as { descriptor?: { value: bigint }; value?: unknown };
    if (!descriptor || !Array.isArray(list)) return;
    counts.set(Number(descriptor.value), list.length);
    list.forEach(count);
  };
  const frame = ({ bytes: all, start, end }: { bytes: Buffer; start: number; end: number }) => {
    if (start < end) count(new ValueReader(all, start, end).next() as Described);
  };
  const reader = new FrameReader({ header: () => {}, frame }, 65_536);
  reader.read(bytes);
  return counts;
}

describe('pyamqp', () => {
  it('indexes fields without looking: every one is encoded, trailing nulls too', () => {
    const peer = new ScriptPeer({ requireSasl: false }).header(0);
    peer.send({ type: 'open', containerId: 'peer' }).begin().attach();
    peer.sender.accept();
    peer.flow({ handle: 0, linkCredit: 1 }).sender.send(Buffer.of(1), Buffer.from('a'), OPTIONS);
    peer
      .flow({ handle: 0, deliveryCount: 0, linkCredit: 1, echo: true })
      .attach({ name: 'up', handle: 1, role: false });
    peer.receiver.accept(1);
    peer.transfer({ handle: 1, deliveryId: 0 }).receiver.settle(0, ACCEPTED);
    peer.receiver.detach(REFUSAL);
    peer.sessions[0]?.end();
    peer.server.close();
    expect(Object.fromEntries(fieldsOf(peer.server.takeOutput() as Buffer))).toEqual({
      ...{ [0x10]: 10, [0x11]: 8, [0x12]: 14, [0x13]: 11, [0x14]: 11, [0x15]: 6, [0x16]: 3, [0x17]: 1, [0x18]: 1 },
      ...{ [0x1d]: 3, [0x28]: 11, [0x29]: 7, [0x24]: 0 },
    });
  });

  it('says its open, begin and attaches at once, on channel 1, and both links have the same addresses', () => {
    const said = clients.pyamqp().said();
    expect(said.map(({ type }) => type).slice(3)).toEqual([
      ...['header 0', 'open', 'begin', 'attach', 'attach', 'flow', 'disposition', 'transfer'],
    ]);
    expect(said.filter(({ type }) => type === 'attach')).toMatchObject([
      { channel: 1, role: false, source: { address: '$cbs' }, target: { address: '$cbs' }, initialDeliveryCount: 0 },
      { channel: 1, role: true, source: { address: '$cbs' }, target: { address: '$cbs' } },
    ]);
    expect(said[4]).toMatchObject({ maxFrameSize: 65_536, channelMax: 4_999 });
  });

  it('repeats a flow on each receive: its credit does not grow', () => {
    const peer = clients.pyamqp();
    const sender = peer.links[0];
    const before = sender?.credit;
    peer
      .flow({ handle: 0, deliveryCount: 0, linkCredit: 10 }, 1)
      .flow({ handle: 0, deliveryCount: 0, linkCredit: 10 }, 1);
    expect([before, sender?.credit]).toEqual([9, 9]);
  });

  it('detaches after its end, and the connection goes on', () => {
    const peer = clients.pyamqp().send({ type: 'end' }, 1);
    peer.names();
    peer.send({ type: 'detach', handle: 0, closed: true }, 1).send({ type: 'end' }, 1);
    expect([peer.names(), peer.server.state]).toEqual([[], 'open']);
  });
});

describe('uamqp', () => {
  it('needs the largest frame, the windows, the next id and the highest handle', () => {
    const [open, begin] = clients.uamqp().said().slice(4);
    expect(open).toMatchObject({ maxFrameSize: 65_536 });
    expect(begin).toMatchObject({ nextOutgoingId: 1, incomingWindow: 5_000, outgoingWindow: 65_535, handleMax: 255 });
  });

  it('takes a flow of a link only with its count and credit, and an attach only with both ends', () => {
    const said = clients.uamqp().said();
    expect(said.find(({ type }) => type === 'flow')).toMatchObject({ handle: 1, deliveryCount: 0, linkCredit: 100 });
    for (const attach of said.filter(({ type }) => type === 'attach')) {
      expect(attach).toMatchObject({ source: { type: 'source' }, target: { type: 'target' } });
    }
  });

  it('hears that its request is accepted before the answer comes, which has a delivery-id', () => {
    const [disposition, reply] = clients.uamqp().said().slice(-2);
    expect(disposition).toMatchObject({ type: 'disposition', role: true, first: 0, settled: true, state: ACCEPTED });
    expect(reply).toMatchObject({ type: 'transfer', deliveryId: 0, payload: 'reply' });
  });
});

describe('go-amqp', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 0],
  ])('closes a link whose settle modes are not echoed: %i and %i are', (sndSettleMode, rcvSettleMode) => {
    const peer = clients.met().open().begin().attach({ sndSettleMode, rcvSettleMode });
    expect(peer.said().at(-1)).toMatchObject({ type: 'attach', sndSettleMode, rcvSettleMode });
  });

  it('ends its session for a flow without next-incoming-id: no flow is without', () => {
    const peer = clients.goAmqp();
    peer.names();
    peer.attach({ name: 'sender', handle: 1, role: false, initialDeliveryCount: 0 });
    const flows = peer.flow({ echo: true }).flow({ handle: 0, linkCredit: 5, drain: true, echo: true }).said();
    const ids = flows.filter(({ type }) => type === 'flow').map((flow) => flow['nextIncomingId']);
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids)).toEqual(new Set([0]));
  });

  it('waits for a detach that closes, with the error, when a link is refused', () => {
    const peer = new ScriptPeer().open().begin().attach();
    peer.sender.refuse(REFUSAL);
    expect(peer.said().slice(-2)).toMatchObject([
      { type: 'attach', name: 'link' },
      { type: 'detach', closed: true, error: REFUSAL },
    ]);
  });

  it('ends its session for a handle that it has detached: nothing refers to it, nor to its deliveries', () => {
    const peer = clients.goAmqp();
    const { sender } = peer;
    const id = sender.send(Buffer.of(1), Buffer.from('a'), OPTIONS) as number;
    peer.send({ type: 'detach', handle: 0, closed: true });
    peer.names();
    sender.send(Buffer.of(2), Buffer.from('b'), OPTIONS);
    sender.settle(id, ACCEPTED);
    sender.drained();
    sender.detach(REFUSAL);
    peer.send({ type: 'disposition', role: true, first: id, settled: false, state: ACCEPTED });
    expect(peer.names()).toEqual([]);
  });
});

describe('fe2o3', () => {
  it('leaves id and tag out of the frames that go on', () => {
    expect(clients.fe2o3().deliveries.map(({ payload }) => payload.toString())).toEqual(['first second third']);
  });

  it('needs the initial delivery-count of a link that sends to it', () => {
    const peer = clients.met().open().begin().attach();
    expect(peer.said().at(-1)).toMatchObject({ type: 'attach', role: false, initialDeliveryCount: 0 });
  });
});

describe('proton-j', () => {
  it('reads an absent max-message-size as nothing at all: what the listener says is written', () => {
    const attaches = clients
      .protonJ()
      .said()
      .filter(({ type }) => type === 'attach');
    expect(attaches.map((attach) => attach['maxMessageSize'])).toEqual([262_144n, 262_144n]);
  });

  it('takes another outcome than the one it asked for as an error: each is written as it was given', () => {
    const peer = new ScriptPeer().open().begin().attach({ role: false, initialDeliveryCount: 0 });
    peer.receiver.accept(10);
    const outcomes = ['accepted', 'released', 'modified', 'rejected', 'accepted'] as const;
    outcomes.forEach((type, deliveryId) => {
      peer.transfer({ deliveryId });
      peer.receiver.settle(deliveryId, { type });
    });
    const told = peer.said().filter(({ type }) => type === 'disposition');
    expect(told.map(({ state }) => (state as { type: string }).type)).toEqual(outcomes);
  });

  it('gives one credit a request: the answer uses it up', () => {
    const peer = clients.protonJ();
    expect(peer.said().at(-1)).toMatchObject({ type: 'transfer', handle: 1, payload: 'reply' });
    expect(peer.links[1]?.credit).toBe(0);
  });
});

describe('.NET', () => {
  it('has the largest window there is', () => {
    const peer = clients.dotNet();
    expect(peer.said().find(({ type }) => type === 'begin')).toMatchObject({ outgoingWindow: clients.UINT_MAX });
    const windows = { nextIncomingId: 1, incomingWindow: clients.UINT_MAX };
    peer.flow({ ...windows, handle: 1, deliveryCount: 50, linkCredit: 2 });
    expect([1, 2].map(() => peer.sender.send(Buffer.of(1), Buffer.from('a'), OPTIONS))).toEqual([0, 1]);
  });

  it('drains at the end of a receive', () => {
    expect(clients.dotNet().said().at(-1)).toMatchObject({
      ...{ type: 'flow', handle: 1, deliveryCount: 50, linkCredit: 0, drain: true },
    });
  });

  it('sends requests that are settled beforehand: they are delivered, and nothing is said of them', () => {
    const peer = clients.dotNet();
    peer.names();
    peer.transfer({ handle: 0, deliveryId: 0, settled: true }, 'request');
    expect(peer.deliveries.map(({ payload }) => payload.toString())).toEqual(['request']);
    expect(peer.names()).not.toContain('disposition');
  });

  it('closes the connection when an attach is answered on a session that has ended: none is', () => {
    const peer = new ScriptPeer().open().begin().attach();
    const { sender } = peer;
    peer.send({ type: 'end' });
    peer.names();
    sender.accept();
    sender.refuse(REFUSAL);
    expect(peer.names()).toEqual([]);
  });

  it('dead-letters by a rejection with an error, and wants a bare one in answer', () => {
    const peer = new ScriptPeer({}, { disposed: (link, id) => link.settle(id, { type: 'rejected' }) });
    peer.open().begin().attach().sender.accept();
    peer.flow({ handle: 0, linkCredit: 1 }).sender.send(Buffer.alloc(16), Buffer.from('a'), OPTIONS);
    peer.names();
    peer.send({
      type: 'disposition',
      role: true,
      first: 0,
      settled: false,
      state: { type: 'rejected', error: REFUSAL },
    });
    expect(peer.said()).toEqual([
      { type: 'disposition', channel: 0, role: false, first: 0, settled: true, state: { type: 'rejected' } },
    ]);
  });
});

describe('qpid', () => {
  it('sends its headers, SASL and open in one piece', () => {
    const whole = clients.met().raw(Buffer.concat(clients.qpid().sent));
    expect(whole.said()).toEqual(clients.qpid().said());
    expect(whole.server.state).toBe('open');
  });

  it('asks for capabilities: none is offered', () => {
    const open = clients
      .qpid()
      .said()
      .find(({ type }) => type === 'open');
    expect(open).not.toHaveProperty('offeredCapabilities');
  });
});

describe('AMQPNetLite', () => {
  it('begins to count three before the end: its ids begin anew', () => {
    const peer = clients.amqpNetLite();
    expect(peer.deliveries.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
    peer.names();
    expect(peer.flow({ nextOutgoingId: 3, echo: true }).said()).toMatchObject([{ nextIncomingId: 3 }]);
  });

  it('has few handles and channels', () => {
    const said = clients.amqpNetLite().said();
    expect(said.find(({ type }) => type === 'open')).toMatchObject({ channelMax: 3 });
    expect(said.find(({ type }) => type === 'begin')).toMatchObject({ handleMax: 63 });
  });

  it('allows silence for 24 days: heartbeats come as often as our own time-out wants', () => {
    const peer = clients.amqpNetLite();
    peer.server.tick(0);
    peer.names();
    expect(peer.server.tick(30_000)).toBe(60_000);
  });
});

describe('rhea', () => {
  it('drops what follows the outcome of SASL in its chunk: nothing does before it has spoken', () => {
    const peer = clients.met().header(3).sasl('EXTERNAL');
    expect(peer.names()).toEqual(['header 3', 'sasl-mechanisms', 'sasl-outcome']);
    expect(peer.server.hasOutput).toBe(false);
  });

  it('ends in order: all is answered, and nothing comes after the close', () => {
    const peer = clients.rhea();
    expect(peer.names().slice(-4)).toEqual(['detach', 'detach', 'end', 'close']);
    expect(peer.events.at(-1)).toEqual(['closed', undefined]);
  });
});

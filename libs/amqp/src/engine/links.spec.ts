import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, began, errorOf, OPTIONS, receiving, sending, TAG } from '../testing/attached-peers.js';
import { ScriptPeer } from '../testing/script-peer.js';
import { amqpError } from './errors.js';

describe('a session', () => {
  it("is answered on its channel with Azure's numbers", () => {
    expect(new ScriptPeer().open().begin({ incomingWindow: 100 }, 3).said().at(-1)).toEqual({
      ...{ type: 'begin', channel: 3, remoteChannel: 3, nextOutgoingId: 1 },
      ...{ incomingWindow: 5_000, outgoingWindow: 100, handleMax: 255 },
    });
  });

  it('is ended by either side, once', () => {
    const peer = began().attach();
    peer.send({ type: 'end' }).send({ type: 'end' });
    expect([peer.names(), peer.events]).toEqual([['end'], [['ended', undefined]]]);
    peer.begin();
    peer.sessions[1]?.end(amqpError('amqp:internal-error', 'Ours.'));
    peer.sessions[1]?.end();
    expect(peer.attach({ handle: 9 }).names()).toEqual(['begin', 'end']);
    expect(peer.events.slice(1)).toEqual([['ended', 'amqp:internal-error']]);
    expect(peer.send({ type: 'end' }).begin().names()).toEqual(['begin']);
  });

  it.each([
    ['amqp:session:unattached-handle', 'a flow of no link', (peer: ScriptPeer) => peer.flow({ handle: 5 })],
    [
      'amqp:session:unattached-handle',
      'a transfer of no link',
      (peer: ScriptPeer) => peer.transfer({ handle: 5, deliveryId: 0 }),
    ],
    ['amqp:session:handle-in-use', 'a handle in use', (peer: ScriptPeer) => peer.attach({ name: 'other' })],
    ['amqp:resource-limit-exceeded', 'a handle too high', (peer: ScriptPeer) => peer.attach({ handle: 256 })],
    [
      'amqp:not-allowed',
      'a flow that expects what was never sent',
      (peer: ScriptPeer) => peer.flow({ nextIncomingId: 2 }),
    ],
    ['amqp:not-allowed', 'a transfer from one who receives', (peer: ScriptPeer) => peer.transfer({ deliveryId: 0 })],
  ])('is ended with %s for %s', (condition, _, violate) => {
    const peer = began().attach();
    violate(peer);
    expect(errorOf(peer, 'end')).toBe(condition);
    expect(peer.events).toEqual([['ended', condition]]);
    expect(peer.server.state).toBe('open');
  });

  it('has 255 links and no more', () => {
    const peer = began();
    for (let handle = 0; handle < 255; handle++) peer.attach({ name: `link${handle}`, handle });
    expect(peer.names()).toEqual([]);
    peer.attach({ name: 'one more', handle: 255 });
    expect(errorOf(peer, 'end')).toBe('amqp:resource-limit-exceeded');
  });

  it("answers no handle above the peer's highest", () => {
    const peer = new ScriptPeer().open().begin({ handleMax: 7 });
    expect(peer.said().at(-1)).toMatchObject({ type: 'begin', handleMax: 7 });
    expect(peer.attach({ handle: 7 }).names()).toEqual([]);
    expect(errorOf(peer.attach({ handle: 8 }), 'end')).toBe('amqp:resource-limit-exceeded');
  });

  it('ignores the detach of a link that never was, however high its handle', () => {
    const peer = began();
    for (const handle of [5, 4_294_967_294]) peer.send({ type: 'detach', handle, closed: true });
    expect(peer.flow({ echo: true }).names()).toEqual(['flow']);
  });

  it('is ended when more transfers come than its window has', () => {
    const peer = sending(100, 0n, { incomingWindow: 4 });
    for (let id = 0; id < 10; id++) peer.transfer({ deliveryId: id, settled: true });
    expect(peer.events).toEqual([]);
    expect(peer.names()).toContain('flow');
    const silent = new ScriptPeer({ incomingWindow: 0 }).open().begin().attach({ role: false });
    silent.receiver.accept(10);
    silent.transfer({ deliveryId: 0 });
    expect(silent.events).toEqual([['ended', 'amqp:session:window-violation']]);
  });
});

describe('a link', () => {
  it('is answered with what the peer said, its settle modes as they were', () => {
    const peer = began().attach({ rcvSettleMode: 1 });
    peer.sender.accept({ maxMessageSize: 262_144n });
    expect(peer.said()).toEqual([
      {
        ...{ type: 'attach', name: 'link', handle: 0, role: false, rcvSettleMode: 1, channel: 0 },
        source: { type: 'source', address: 'queue' },
        target: { type: 'target', address: 'queue' },
        ...{ initialDeliveryCount: 0, maxMessageSize: 262_144n },
      },
    ]);
  });

  it('gives credit in the next frame to a peer that sends', () => {
    const peer = began().attach({ role: false, initialDeliveryCount: 7 });
    peer.receiver.accept(1_000);
    const [attach, flow] = peer.said();
    expect(attach).not.toHaveProperty('initialDeliveryCount');
    expect(flow).toMatchObject({ type: 'flow', handle: 0, deliveryCount: 7, linkCredit: 1_000, incomingWindow: 5_000 });
  });

  it('is refused with an attach without ends and a detach that closes', () => {
    const peer = began().attach();
    peer.sender.refuse(amqpError('amqp:not-found', 'Gone.'));
    peer.sender.accept();
    const [attach, detach, ...rest] = peer.said();
    expect(attach).not.toHaveProperty('source');
    expect(detach).toMatchObject({ type: 'detach', closed: true, error: { condition: 'amqp:not-found' } });
    expect(rest).toEqual([]);
    expect(peer.send({ type: 'detach', handle: 0, closed: true }).attach().names()).toEqual([]);
    expect(peer.events).toEqual([]);
  });

  it('may share its name with one of the other direction', () => {
    const peer = began().attach({ handle: 0, role: true }).attach({ handle: 1, role: false });
    for (const link of peer.links) {
      if (link.role === 'sender') link.accept();
      else link.accept(1);
    }
    expect(peer.names()).toEqual(['attach', 'attach', 'flow']);
  });

  it('remembers the flow that came before it was accepted', () => {
    const sendable: number[] = [];
    const peer = began({}, { sendable: ({ credit }: { credit: number }) => sendable.push(credit) })
      .attach()
      .flow({ handle: 0, linkCredit: 3 });
    expect(sendable).toEqual([]);
    peer.sender.accept();
    expect(sendable).toEqual([3]);
  });

  it('that is detached while it is held is answered and reported', () => {
    const peer = began().attach().send({ type: 'detach', handle: 0, closed: true });
    expect(peer.names()).toEqual(['attach', 'detach']);
    peer.sender.accept();
    expect([peer.names(), peer.events]).toEqual([[], [['detached', 'link', true, undefined]]]);
  });

  it('says nothing after it was detached', () => {
    const peer = receiving().flow({ handle: 0, linkCredit: 10 });
    const id = peer.sender.send(TAG, Buffer.from('a'), OPTIONS) as number;
    peer.send({ type: 'detach', handle: 0, closed: true });
    peer.sender.settle(id, ACCEPTED);
    expect(peer.sender.send(TAG, Buffer.from('b'), OPTIONS)).toBeUndefined();
    peer.sender.drained();
    expect(peer.names()).toEqual(['transfer', 'detach']);
    expect(peer.sessions[0]?.unsettled).toBe(0);
  });
});

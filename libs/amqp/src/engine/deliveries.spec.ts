import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, errorOf, OPTIONS, receiving, sending, TAG } from '../testing/attached-peers.js';
import { ScriptPeer } from '../testing/script-peer.js';
import { amqpError } from './errors.js';

describe('sending', () => {
  it('needs credit and counts it by delivery', () => {
    const peer = receiving();
    expect(peer.sender.send(TAG, Buffer.from('a'), OPTIONS)).toBeUndefined();
    peer.flow({ handle: 0, linkCredit: 2, deliveryCount: 0 });
    expect([0, 1, 2].map(() => peer.sender.send(TAG, Buffer.from('a'), OPTIONS))).toEqual([0, 1, undefined]);
    peer.flow({ nextIncomingId: 2, handle: 0, linkCredit: 2, deliveryCount: 1 });
    expect(peer.sender.credit).toBe(1);
    expect(peer.said()).toMatchObject([{ deliveryId: 0, payload: 'a' }, { deliveryId: 1 }]);
  });

  it('splits what is larger than a frame; id and tag come once', () => {
    const peer = new ScriptPeer().open({ containerId: 'peer', maxFrameSize: 512 }).begin().attach();
    peer.sender.accept();
    peer.flow({ handle: 0, linkCredit: 1 });
    peer.names();
    const payload = Buffer.alloc(1_200, 'abc');
    peer.sender.send(TAG, payload, OPTIONS);
    const frames = peer.said();
    expect(frames.map(({ more }) => more)).toEqual([true, true, false]);
    expect(frames.map(({ deliveryId }) => deliveryId)).toEqual([0, undefined, undefined]);
    expect(frames.map((frame) => frame.payload).join('')).toBe(payload.toString());
  });

  it('stops in the middle of a message when the window is used up, and goes on at the next flow', () => {
    const peer = new ScriptPeer()
      .open({ containerId: 'peer', maxFrameSize: 512 })
      .begin({ incomingWindow: 2 })
      .attach();
    peer.sender.accept();
    peer.flow({ handle: 0, linkCredit: 5, incomingWindow: 2 });
    peer.names();
    peer.sender.send(TAG, Buffer.alloc(1_200), OPTIONS);
    expect(peer.sender.send(TAG, Buffer.from('b'), OPTIONS)).toBeUndefined();
    expect(peer.names()).toEqual(['transfer', 'transfer']);
    peer.flow({ nextIncomingId: 3, incomingWindow: 2 });
    expect(peer.said()).toMatchObject([{ type: 'transfer', more: false }]);
    expect(peer.sender.send(TAG, Buffer.from('b'), OPTIONS)).toBe(1);
  });

  it('keeps what waits for the window: tag and payload are free for the next message', () => {
    const peer = new ScriptPeer()
      .open({ containerId: 'peer', maxFrameSize: 512 })
      .begin({ incomingWindow: 1 })
      .attach();
    peer.sender.accept();
    peer.flow({ handle: 0, linkCredit: 2, incomingWindow: 1 });
    peer.names();
    const [tag, payload] = [Buffer.from(TAG), Buffer.alloc(900, 'a')];
    const first = peer.sender.send(tag, payload, OPTIONS);
    tag.fill(0);
    payload.fill('z');
    const sent = peer.said();
    sent.push(...peer.flow({ nextIncomingId: 2, incomingWindow: 9 }).said());
    expect([first, ...sent.map((frame) => frame.payload)].join('')).toBe(`0${'a'.repeat(900)}`);
    expect(sent[0]).toMatchObject({ deliveryTag: Buffer.from(TAG) });
  });

  it('uses up what is drained, and says so', () => {
    const peer = receiving({}, { drain: (link: { drained(): void }) => link.drained() });
    peer.flow({ handle: 0, linkCredit: 10, deliveryCount: 0, drain: true });
    expect(peer.said()).toMatchObject([{ type: 'flow', handle: 0, deliveryCount: 10, linkCredit: 0, drain: true }]);
    expect(peer.sender.credit).toBe(0);
  });

  it('answers an echo, of the link and of the session', () => {
    const peer = receiving().flow({ handle: 0, linkCredit: 3, echo: true });
    expect(peer.said()).toMatchObject([{ type: 'flow', handle: 0, linkCredit: 3 }]);
    const [flow] = peer.flow({ echo: true }).said();
    expect(flow).not.toHaveProperty('handle');
    expect(flow).toMatchObject({ type: 'flow', nextIncomingId: 0, incomingWindow: 5_000, nextOutgoingId: 1 });
  });

  it('waits while the way out is full', () => {
    let offers = 0;
    const peer = receiving({}, { sendable: () => offers++ });
    peer.server.holdOutput();
    peer.flow({ handle: 0, linkCredit: 3 });
    expect([offers, peer.sender.canSend]).toEqual([0, false]);
    peer.server.resumeOutput();
    expect([offers, peer.sender.canSend]).toEqual([1, true]);
  });

  it('gives each delivery back with what the peer says of it, however long the range is', () => {
    const peer = receiving().flow({ handle: 0, linkCredit: 10 });
    for (const token of ['a', 'b', 'c']) peer.sender.send(TAG, Buffer.from(token), { ...OPTIONS, token });
    peer.send({ type: 'disposition', role: true, first: 1, last: 0x7fff_ffff, settled: true, state: ACCEPTED });
    peer.send({ type: 'disposition', role: true, first: 2, last: 0, settled: true, state: ACCEPTED });
    peer.send({ type: 'disposition', role: true, first: 0, state: { type: 'rejected' } });
    peer.names();
    peer.sender.settle(0, { type: 'rejected' });
    peer.sender.settle(0, { type: 'rejected' });
    expect(peer.events).toEqual([
      ['disposed', 1, 'b', 'accepted', true],
      ['disposed', 2, 'c', 'accepted', true],
      ['disposed', 0, 'a', 'rejected', false],
    ]);
    expect(peer.said()).toMatchObject([{ type: 'disposition', role: false, first: 0, settled: true }]);
    expect(peer.sessions[0]?.unsettled).toBe(0);
  });
});

describe('a listener that ends things while it is told of a range', () => {
  it.each([
    ['the link', (peer: ScriptPeer) => peer.sender.detach()],
    ['the session', (peer: ScriptPeer) => peer.sessions[0]?.end()],
    ['the connection', (peer: ScriptPeer) => peer.server.close()],
  ])('hears nothing more of it: %s', (_, end) => {
    const ids: number[] = [];
    const peer = receiving(
      {},
      {
        disposed: (_link: unknown, id: number) => {
          ids.push(id);
          end(peer);
        },
      },
    );
    peer.flow({ handle: 0, linkCredit: 10 });
    for (let i = 0; i < 3; i++) peer.sender.send(TAG, Buffer.from('a'), OPTIONS);
    peer.send({ type: 'disposition', role: true, first: 0, last: 2, settled: true, state: ACCEPTED });
    expect(ids).toEqual([0]);
    expect(peer.sessions[0]?.unsettled).toBe(0);
  });
});

describe('receiving', () => {
  it("joins the frames of a delivery, other links' in between", () => {
    const peer = sending(10).attach({ name: 'other', handle: 1, role: false });
    peer.receiver.accept(10);
    peer.transfer({ deliveryId: 0, more: true }, 'ab').transfer({ handle: 1, deliveryId: 1 }, 'other');
    peer.transfer({ deliveryId: 0, more: true }, 'cd').transfer({}, 'ef');
    expect(peer.deliveries.map(({ id, payload }) => [id, payload.toString()])).toEqual([
      [1, 'other'],
      [0, 'abcdef'],
    ]);
  });

  it('drops what is aborted', () => {
    const peer = sending(10).transfer({ deliveryId: 0, more: true }, 'ab').transfer({ aborted: true }, '');
    peer.transfer({ deliveryId: 1 }, 'cd');
    expect(peer.deliveries.map(({ payload }) => payload.toString())).toEqual(['cd']);
    expect(peer.sessions[0]?.unsettled).toBe(1);
  });

  it('puts neighbours of one outcome together and nothing else', () => {
    const peer = sending(1_000);
    for (let id = 0; id < 7; id++) peer.transfer({ deliveryId: id });
    for (const id of [0, 1, 2]) peer.receiver.settle(id, ACCEPTED);
    peer.receiver.settle(2, ACCEPTED);
    peer.receiver.settle(4, ACCEPTED);
    peer.receiver.settle(3, { type: 'rejected', error: amqpError('amqp:not-found', 'No.') });
    peer.receiver.settle(5, { type: 'released' });
    peer.receiver.settle(6, ACCEPTED);
    const ranges = peer.said().map(({ first, last, state }) => [first, last, (state as { type: string }).type]);
    expect(ranges).toEqual([
      [0, 2, 'accepted'],
      [4, undefined, 'accepted'],
      [3, undefined, 'rejected'],
      [5, undefined, 'released'],
      [6, undefined, 'accepted'],
    ]);
  });

  it('gives credit back when deliveries are settled, and at once when it gave little', () => {
    const peer = sending(3);
    for (const id of [0, 1, 2]) peer.transfer({ deliveryId: id });
    peer.receiver.settle(0, ACCEPTED);
    expect(peer.names()).toEqual(['disposition']);
    peer.receiver.settle(1, ACCEPTED);
    expect(peer.said()).toMatchObject([{ type: 'flow', deliveryCount: 3, linkCredit: 2 }, { type: 'disposition' }]);
    peer.receiver.grant(1);
    expect(peer.said()).toMatchObject([{ linkCredit: 0 }]);
  });

  it('says what was settled before it detaches, ends or closes', () => {
    const detached = sending(10).transfer({ deliveryId: 0 });
    detached.receiver.settle(0, ACCEPTED);
    expect(detached.send({ type: 'detach', handle: 0 }).names()).toEqual(['disposition', 'detach']);
    const ended = sending(10).transfer({ deliveryId: 0 });
    ended.receiver.settle(0, ACCEPTED);
    expect(ended.send({ type: 'end' }).names()).toEqual(['disposition', 'end']);
    const closed = sending(10).transfer({ deliveryId: 0 });
    closed.receiver.settle(0, ACCEPTED);
    closed.server.close();
    expect(closed.names()).toEqual(['disposition', 'close']);
  });

  it.each([
    ['at once', (peer: ScriptPeer) => peer.transfer({ deliveryId: 0 }, 'four+')],
    [
      'in parts',
      (peer: ScriptPeer) =>
        peer.transfer({ deliveryId: 0, more: true }, 'abc').transfer({ more: true }, 'xx').transfer({}, ''),
    ],
  ])('rejects a large message that comes %s, says how large it was, and goes on', (_, send) => {
    const peer = sending(1, 4n);
    send(peer);
    expect(peer.said()).toMatchObject([
      {
        type: 'disposition',
        first: 0,
        state: {
          type: 'rejected',
          error: { condition: 'amqp:link:message-size-exceeded', description: expect.stringContaining('size:5 bytes') },
        },
      },
      { type: 'flow', linkCredit: 1 },
    ]);
    peer.transfer({ deliveryId: 1 }, 'four');
    expect(peer.deliveries).toMatchObject([{ id: 1 }]);
  });

  it.each([
    [
      'amqp:link:transfer-limit-exceeded',
      'no credit',
      (peer: ScriptPeer) => peer.transfer({ deliveryId: 0 }).transfer({ deliveryId: 1 }),
    ],
    [
      'amqp:link:message-size-exceeded',
      'a large message that wants no answer',
      (peer: ScriptPeer) => peer.transfer({ deliveryId: 0, settled: true }, 'four+'),
    ],
  ])('detaches with %s for %s, and discards the rest', (condition, _, violate) => {
    const peer = sending(1, 4n);
    violate(peer);
    expect(errorOf(peer, 'detach')).toBe(condition);
    peer.transfer({ deliveryId: 5, more: true }).transfer({}).transfer({ deliveryId: 6 });
    peer.attach({ name: 'other', handle: 1, role: false }).receiver.accept(5);
    peer.transfer({ handle: 1, deliveryId: 7 });
    expect(peer.events).toEqual([['detached', 'link', true, condition]]);
    expect(peer.deliveries.at(-1)?.id).toBe(7);
  });

  it('goes on with the ids of others while it discards the rest of an older delivery', () => {
    const peer = sending(10).attach({ name: 'other', handle: 1, role: false });
    peer.receiver.accept(10);
    peer.transfer({ deliveryId: 0, more: true }).transfer({ handle: 1, deliveryId: 1 });
    peer.links[0]?.detach();
    peer.transfer({ deliveryId: 0 }).transfer({ handle: 1, deliveryId: 2 });
    expect(peer.deliveries.map(({ id }) => id)).toEqual([1, 2]);
  });

  it.each([
    ['no id at all', (peer: ScriptPeer) => peer.transfer({})],
    ['an id out of order', (peer: ScriptPeer) => peer.transfer({ deliveryId: 0 }).transfer({ deliveryId: 2 })],
    [
      'a delivery within another',
      (peer: ScriptPeer) => peer.transfer({ deliveryId: 0, more: true }).transfer({ deliveryId: 1 }),
    ],
  ])('ends the session for %s', (_, violate) => {
    const peer = sending(10);
    violate(peer);
    expect(errorOf(peer, 'end')).toBe('amqp:not-allowed');
  });

  it('begins anew after the last id, as a client does that starts three before it', () => {
    const peer = new ScriptPeer()
      .open()
      .begin({ nextOutgoingId: 0xffff_fffd })
      .attach({ role: false, initialDeliveryCount: 0xffff_fffe });
    peer.receiver.accept(10);
    for (const id of [0xffff_fffe, 0xffff_ffff, 0, 1]) peer.transfer({ deliveryId: id });
    peer.names();
    for (const id of [0xffff_fffe, 0xffff_ffff, 0, 1]) peer.receiver.settle(id, ACCEPTED);
    expect(peer.said()).toMatchObject([{ first: 0xffff_fffe, last: 1 }]);
    expect(peer.flow({ echo: true, handle: 0 }).said()).toMatchObject([
      { nextIncomingId: 1, deliveryCount: 2, linkCredit: 10 },
    ]);
  });

  it('holds no more unfinished bytes than a connection may', () => {
    const peer = sending(10, 0n, { maxJoinedBytes: 10 }).transfer({ deliveryId: 0, more: true }, '12345678');
    expect(peer.events).toEqual([]);
    peer.transfer({ more: true }, '12345');
    expect(peer.events).toEqual([['detached', 'link', true, 'amqp:resource-limit-exceeded']]);
    const freed = sending(10, 0n, { maxJoinedBytes: 10 });
    for (let id = 0; id < 5; id++) freed.transfer({ deliveryId: id, more: true }, '12345678').transfer({}, '9');
    expect(freed.deliveries).toHaveLength(5);
  });
});

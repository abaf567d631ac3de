import { describe, expect, it } from '@jest/globals';
import { OPTIONS, receiving, sending, TAG } from '../testing/attached-peers.js';
import { ScriptPeer } from '../testing/script-peer.js';
import { amqpError } from './errors.js';

/** What those who move the bytes rely on. */
describe('whoever writes the output', () => {
  it('hears of it when there is some where there was none, settlements too, and not again until it is taken', () => {
    let heard = 0;
    const peer = sending(10, 0n, {}, { output: () => heard++ });
    heard = 0;
    for (const deliveryId of [0, 1, 2]) peer.transfer({ deliveryId });
    expect(heard).toBe(0);
    for (const id of [0, 1]) peer.receiver.settle(id, { type: 'accepted' });
    peer.server.beat();
    expect(heard).toBe(2); // Dispositions are written when the output is taken: the heartbeat is the first frame.
    expect(peer.names()).toEqual(['heartbeat', 'disposition']);
    peer.receiver.settle(2, { type: 'released' });
    expect(heard).toBe(3);
  });

  it('may have an empty frame sent, once the connection is open', () => {
    const peer = new ScriptPeer();
    peer.server.beat();
    expect(peer.names()).toEqual([]);
    peer.open().names();
    peer.server.beat();
    expect(peer.names()).toEqual(['heartbeat']);
  });

  it('gets a large message in parts, as far as there is room', () => {
    const peer = receiving({}, {}, { highWaterMark: 100_000 }).flow({ handle: 0, linkCredit: 2, incomingWindow: 9 });
    peer.names();
    peer.sender.send(TAG, Buffer.alloc(300_000), OPTIONS);
    expect([peer.server.pending < 200_000, peer.sender.unfinished]).toEqual([true, 'lock']);
    expect(peer.said().map(({ more }) => more)).toEqual([true, true]);
    expect(peer.said().map(({ more }) => more)).toEqual([true, true]);
    expect(peer.said().map(({ more }) => more)).toEqual([false]);
    expect(peer.sender.unfinished).toBeUndefined();
  });
});

it('what left in part only can be asked for when its link is gone', () => {
  const peer = receiving({}, {}, { highWaterMark: 1_000 }).flow({ handle: 0, linkCredit: 2 });
  peer.sender.send(TAG, Buffer.alloc(300_000), OPTIONS);
  peer.send({ type: 'detach', handle: 0, closed: true });
  expect(peer.sender.unfinished).toBe('lock');
  expect(peer.names()).toEqual(['transfer', 'detach']);
});

describe('a delivery that comes after we ended its link', () => {
  it('is refused with the reason', () => {
    const peer = sending(10);
    peer.receiver.detach(amqpError('amqp:link:detach-forced', 'Idle.'));
    peer.transfer({ deliveryId: 0, more: true }).transfer({ deliveryId: 0 }).transfer({ deliveryId: 1, settled: true });
    expect(peer.deliveries).toEqual([]);
    expect(peer.said()).toMatchObject([
      { type: 'detach' },
      { type: 'disposition', first: 0, state: { type: 'rejected', error: { condition: 'amqp:link:detach-forced' } } },
    ]);
  });

  it('is released when there was none', () => {
    const peer = sending(10);
    peer.receiver.detach();
    peer.transfer({ deliveryId: 0 });
    expect(peer.said()).toMatchObject([{ type: 'detach' }, { type: 'disposition', state: { type: 'released' } }]);
  });
});

it('tells the end by a violation from any other', () => {
  const ends: unknown[] = [];
  const closed = (_: unknown, isViolation: boolean) => ends.push(isViolation);
  new ScriptPeer({}, { closed }).open().send({ type: 'close' });
  new ScriptPeer({}, { closed }).open().raw(Buffer.alloc(8));
  new ScriptPeer({}, { closed }).raw(Buffer.from('HTTP/1.1'));
  new ScriptPeer({}, { closed }).server.close();
  expect(ends).toEqual([false, true, true, false]);
});

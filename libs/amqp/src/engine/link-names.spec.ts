import { describe, expect, it } from '@jest/globals';
import { began, errorOf } from '../testing/attached-peers.js';
import type { ScriptPeer } from '../testing/script-peer.js';
import type { Link } from './listener.js';

const STOLEN = 'amqp:link:stolen';

function accept(link: Link | undefined): void {
  if (link?.role === 'sender') link.accept();
  else link?.accept(5);
}

/** An accepted link called `link`, of a peer with sessions on channels 0 and 1. */
function attached(fields = {}, overrides = {}): ScriptPeer {
  const peer = began({}, overrides).begin({}, 1).attach(fields);
  accept(peer.link);
  peer.names();
  return peer;
}

describe('a link whose name and direction are taken', () => {
  it.each([
    ['of its session', 0],
    ['of another session', 1],
  ])('takes the place of the link %s, which hears that it was stolen', (_, channel) => {
    const peer = attached().attach({ handle: 1 }, channel);
    expect(peer.said()).toMatchObject([
      {
        ...{ type: 'detach', channel: 0, handle: 0, closed: true },
        error: {
          condition: STOLEN,
          description: 'The link with identifier link has been closed due to link stealing.',
        },
      },
    ]);
    expect(peer.events).toEqual([['detached', 'link', true, STOLEN]]);
    accept(peer.link);
    expect(peer.names()).toEqual(['attach']);
    peer.send({ type: 'detach', handle: 0, closed: true });
    expect(peer.link.isAttached).toBe(true);
  });

  it('is stolen in its turn', () => {
    const peer = attached();
    for (const handle of [1, 2, 3]) peer.attach({ handle });
    expect(peer.events).toEqual([0, 1, 2].map(() => ['detached', 'link', true, STOLEN]));
    expect(peer.sessions[0]?.links.map((link) => link.isAttached)).toEqual([false, false, false, false]);
    accept(peer.link);
    expect(peer.link.isAttached).toBe(true);
  });

  it('steals from one that was not answered yet: it is answered without ends, then detached', () => {
    const peer = began().attach().attach({ handle: 1 });
    expect(peer.names()).toEqual(['attach', 'detach']);
    accept(peer.links[0]);
    expect(peer.names()).toEqual([]);
  });

  it('leaves a link of the other direction alone', () => {
    const peer = attached().attach({ handle: 1, role: false, initialDeliveryCount: 0 });
    accept(peer.link);
    expect([peer.names(), peer.events]).toEqual([['attach', 'flow'], []]);
  });

  it.each<[string, (peer: ScriptPeer) => unknown]>([
    ['the peer detached', (peer) => peer.send({ type: 'detach', handle: 0, closed: true })],
    ['we detached', (peer) => peer.link.detach()],
    [
      'was refused',
      (peer) =>
        peer.attach({ name: 'other', handle: 5 }) && peer.link.refuse({ type: 'error', condition: 'amqp:not-found' }),
    ],
    ['went with its session', (peer) => peer.send({ type: 'end' }).begin()],
  ])('has the name to itself when the other one %s', (_, free) => {
    const peer = attached();
    free(peer);
    const before = peer.events.length;
    peer.attach({ name: peer.link.attach.name, handle: 7 }, 1);
    expect(errorOf(peer, 'detach')).not.toBe(STOLEN);
    expect(peer.events.slice(before)).toEqual([]);
  });

  it('is not offered when the listener ends its session for the theft', () => {
    const peer: ScriptPeer = attached({}, { detached: () => peer.sessions[0]?.end() });
    peer.attach({ handle: 1 });
    expect(peer.names()).toEqual(['detach', 'end']);
    expect(peer.links).toHaveLength(1);
    peer.attach({ handle: 1 }, 1);
    expect(peer.links).toHaveLength(2);
  });
});

describe('a link to a coordinator', () => {
  const coordinator = { name: 'txn', role: false, target: { type: 'coordinator' } } as const;

  it('is refused at once, and nobody hears of it', () => {
    const peer = began().attach(coordinator);
    const [attach, detach, ...rest] = peer.said();
    expect(attach).not.toHaveProperty('source');
    expect(attach).not.toHaveProperty('target');
    expect(detach).toMatchObject({
      ...{ type: 'detach', closed: true },
      error: {
        condition: 'amqp:not-implemented',
        description: 'This server has no transactions: it has no coordinator to attach to.',
      },
    });
    expect([rest, peer.links, peer.events]).toEqual([[], [], []]);
    expect(peer.send({ type: 'detach', handle: 0, closed: true }).attach({ name: 'next' }).links).toHaveLength(1);
  });

  it('is offered to a listener that has transactions', () => {
    const peer = began({ transactions: true }).attach(coordinator);
    expect(peer.link.attach.target).toEqual({ type: 'coordinator' });
    peer.receiver.accept(10);
    expect(peer.said()).toMatchObject([{ type: 'attach', target: { type: 'coordinator' } }, { type: 'flow' }]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ATTACH } from '../codec/performatives.js';
import { began, errorOf } from '../testing/attached-peers.js';
import { hex } from '../testing/hex.js';
import { type Said, ScriptPeer } from '../testing/script-peer.js';
import type { Link } from './listener.js';

const ERROR = { type: 'error', condition: 'amqp:not-found' } as const;
const LIMIT = 'amqp:resource-limit-exceeded';

/** A peer with two sessions, on channels 0 and 1. */
function twice(settings: object): ScriptPeer {
  const peer = new ScriptPeer(settings).open().begin({}, 0).begin({}, 1);
  peer.names();
  return peer;
}

const attach = (peer: ScriptPeer, handle: number, channel: number) =>
  peer.attach({ name: `link ${channel}.${handle}`, handle }, channel);

const brief = ({ type, channel, error }: Said) => [type, channel, (error as typeof ERROR | undefined)?.condition];

describe('the links of a connection', () => {
  it('are limited over all its sessions; the session with one more is ended, and the others go on', () => {
    const peer = twice({ maxLinks: 3 });
    for (const handle of [0, 1]) attach(peer, handle, 0);
    attach(attach(peer, 0, 1), 1, 1);
    expect(peer.said().map(brief)).toEqual([['end', 1, LIMIT]]);
    expect(peer.links).toHaveLength(3);
    peer.links.map(accept);
    expect(peer.names()).toEqual(['attach', 'attach']);
  });

  it.each<[string, (peer: ScriptPeer) => unknown]>([
    ['the peer detaches', (peer) => peer.send({ type: 'detach', handle: 0, closed: true })],
    [
      'the peer confirms our detach',
      (peer) => {
        peer.link.detach();
        peer.send({ type: 'detach', handle: 0, closed: true });
      },
    ],
    ['the peer ends the session', (peer) => peer.send({ type: 'end' })],
    ['we end the session', (peer) => peer.sessions[0]?.end()],
  ])('count no more once %s', (_, free) => {
    const peer = twice({ maxLinks: 2 });
    attach(peer, 1, 1);
    for (let i = 0; i < 5; i++) {
      attach(peer, 0, 0);
      free(peer);
      peer.send({ type: 'end' }).begin();
    }
    attach(peer, 0, 0);
    expect(peer.links).toHaveLength(7);
    expect(peer.names().filter((name) => name === 'end')).toHaveLength(5);
    expect(errorsOf(attach(peer, 2, 0))).toEqual([LIMIT]);
  });

  it('count until the peer has confirmed our detach', () => {
    const peer = twice({ maxLinks: 1 });
    attach(peer, 0, 0).link.detach();
    peer.names();
    expect(errorsOf(attach(peer, 1, 0))).toEqual([LIMIT]);
  });
});

describe('the attaches of a connection that wait for an answer', () => {
  it('are limited over all its sessions; one more is refused, and nobody hears of it', () => {
    const peer = twice({ maxHeldAttaches: 2 });
    attach(attach(attach(peer, 0, 0), 0, 1), 1, 1);
    expect(peer.links).toHaveLength(2);
    expect(peer.said().map(brief)).toEqual([
      ['attach', 1, undefined],
      ['detach', 1, LIMIT],
    ]);
    expect(peer.send({ type: 'detach', handle: 1, closed: true }, 1).names()).toEqual([]);
    expect(peer.events).toEqual([]);
  });

  it.each<[string, (peer: ScriptPeer) => unknown]>([
    ['accepted', ({ link }) => accept(link)],
    ['refused', ({ link }) => link.refuse(ERROR)],
    ['detached by the peer', (peer) => peer.send({ type: 'detach', handle: 0, closed: true })],
    ['gone with their session', (peer) => peer.send({ type: 'end' })],
  ])('count no more once they are %s', (_, free) => {
    const peer = twice({ maxHeldAttaches: 2 });
    attach(peer, 1, 1);
    for (let i = 0; i < 5; i++) {
      attach(peer, 0, 0);
      free(peer);
      peer.send({ type: 'end' }).begin();
    }
    attach(attach(peer, 0, 0), 1, 0);
    expect(peer.links).toHaveLength(7);
    expect(errorsOf(peer)).toContain(LIMIT);
  });

  it('are 255 unless it is said', () => {
    const peer = twice({});
    for (let handle = 0; handle < 200; handle++) attach(attach(peer, handle, 0), handle, 1);
    expect(peer.links).toHaveLength(255);
    expect(peer.names().filter((name) => name === 'detach')).toHaveLength(145);
  });
});

describe('the bytes of the attaches of a connection', () => {
  const large = { properties: new Map([['large', 'x'.repeat(1_000)]]) };

  it('are limited over all its sessions; the session with one more is ended, and the others go on', () => {
    const peer = twice({ maxAttachBytes: 2_500 });
    peer.attach({ name: 'a', ...large }).attach({ name: 'b', handle: 1, ...large });
    expect(peer.names()).toEqual([]);
    peer.attach({ name: 'c', ...large }, 1);
    expect(peer.said().map(brief)).toEqual([['end', 1, LIMIT]]);
    expect(peer.links).toHaveLength(2);
    peer.links.map(accept);
    expect(peer.names()).toEqual(['attach', 'attach']);
  });

  it.each<[string, (peer: ScriptPeer) => unknown]>([
    ['the peer detaches', (peer) => peer.send({ type: 'detach', handle: 0, closed: true })],
    ['a refused link is detached', (peer) => [peer.link.refuse(ERROR), peer.send({ type: 'detach', handle: 0 })]],
    ['the session is ended', (peer) => peer.send({ type: 'end' }).begin()],
  ])('count no more once %s', (_, free) => {
    const peer = twice({ maxAttachBytes: 1_500 });
    for (let i = 0; i < 5; i++) {
      peer.attach({ name: 'a', ...large });
      free(peer);
    }
    expect(peer.links).toHaveLength(5);
    expect(errorsOf(peer)).toEqual([]);
  });

  it('are all that is kept: the chunk an attach came in is not', () => {
    const peer = began();
    const binary = new Map([['bytes', Buffer.from('abc')]]);
    const frame = peer.encode(ATTACH.to({ name: 'a', handle: 0, role: true, properties: binary }), 0);
    peer.raw(Buffer.concat([frame, ...Array.from({ length: 8_000 }, () => hex('00000008 02000000'))]));
    const kept = peer.link.attach.properties?.get('bytes') as Buffer;
    expect([kept.toString(), kept.buffer.byteLength]).toEqual(['abc', frame.length - 8]);
  });
});

function accept(link: Link): void {
  if (link.role === 'sender') link.accept();
  else link.accept(1);
}

const errorsOf = (peer: ScriptPeer) =>
  peer
    .said()
    .map((said) => brief(said)[2])
    .filter((condition) => condition !== undefined && condition !== ERROR.condition);

it('bears more links of a session than it offers, as far as it is told', () => {
  const peer = new ScriptPeer({ handleMax: 1, maxSessionLinks: 3 }).open().begin();
  expect(peer.said().find(({ type }) => type === 'begin')).toMatchObject({ handleMax: 1 });
  for (const handle of [0, 1, 2]) peer.attach({ name: `${handle}`, handle });
  expect(errorOf(peer, 'end')).toBeUndefined();
  peer.attach({ name: '3', handle: 3 });
  expect(errorOf(peer, 'end')).toBe('amqp:resource-limit-exceeded');
});

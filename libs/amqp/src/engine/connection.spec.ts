import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../codec/decode-error.js';
import { hex } from '../testing/hex.js';
import { ScriptPeer } from '../testing/script-peer.js';
import { amqpError } from './errors.js';

const closeOf = (peer: ScriptPeer) => {
  const close = peer.said().find(({ type }) => type === 'close');
  return (close?.['error'] as { condition: string } | undefined)?.condition;
};

describe('a connection', () => {
  it('waits for the peer before each header and the open', () => {
    const peer = new ScriptPeer();
    expect(peer.names()).toEqual([]);
    expect(peer.header(3).said()).toEqual([
      { type: 'header 3' },
      { type: 'sasl-mechanisms', saslServerMechanisms: ['MSSBCBS', 'PLAIN', 'ANONYMOUS', 'EXTERNAL'], channel: 0 },
    ]);
    expect(peer.sasl('EXTERNAL').said()).toEqual([
      { type: 'sasl-outcome', code: 0, additionalData: Buffer.from('Welcome!'), channel: 0 },
    ]);
    expect(peer.header(0).names()).toEqual(['header 0']);
    expect(peer.server.state).toBe('handshake');
    expect(peer.send({ type: 'open', containerId: 'peer' }).said()).toEqual([
      {
        type: 'open',
        containerId: 'server',
        maxFrameSize: 65_536,
        channelMax: 4_999,
        idleTimeOut: 120_000,
        channel: 0,
      },
    ]);
    expect(peer.server.state).toBe('open');
  });

  it('serves a peer that waits for nothing', () => {
    const peer = new ScriptPeer().open().begin().attach();
    expect(peer.names()).toEqual([...['header 3', 'sasl-mechanisms', 'sasl-outcome', 'header 0', 'open', 'begin']]);
  });

  it('negotiates the smaller frame and channel numbers', () => {
    const peer = new ScriptPeer().open({ containerId: 'peer', maxFrameSize: 32_768, channelMax: 3 });
    expect(peer.said().at(-1)).toMatchObject({ maxFrameSize: 32_768, channelMax: 3 });
    const tiny = new ScriptPeer().open({ containerId: 'peer', maxFrameSize: 100 });
    expect(tiny.said().at(-1)).toMatchObject({ maxFrameSize: 512 });
  });

  it('refuses a mechanism that it does not know, or whose credentials are wrong', () => {
    for (const mechanism of ['GSSAPI', 'PLAIN']) {
      const peer = new ScriptPeer().header(3).sasl(mechanism);
      expect(peer.said().at(-1)).toMatchObject({ type: 'sasl-outcome', code: 1 });
      expect(peer.events).toEqual([['closed', undefined]]);
    }
  });

  it.each([
    ['TLS on a plain port', '414d5150 02 010000'],
    ['AMQP without SASL', '414d5150 00 010000'],
    ['AMQP 0-9-1', '414d5150 00 000901'],
    ['HTTP', '474554202f204854'],
  ])('answers with its own header: %s', (_, bytes) => {
    const peer = new ScriptPeer().raw(hex(bytes));
    expect(peer.names()).toEqual(['header 3']);
    expect(peer.server.state).toBe('closed');
  });

  it('begins without SASL where that is allowed', () => {
    const peer = new ScriptPeer({ requireSasl: false }).header(0).send({ type: 'open', containerId: 'peer' });
    expect(peer.names()).toEqual(['header 0', 'open']);
  });

  it('is refused by its listener with an open and a close', () => {
    const peer = new ScriptPeer({}, { opened: () => amqpError('amqp:not-allowed', 'Too idle.') }).open();
    expect(peer.names().slice(-2)).toEqual(['open', 'close']);
    expect(peer.send({ type: 'close' }).events).toEqual([['closed', undefined]]);
  });

  it.each([
    ['amqp:not-allowed', 'a second open', (peer: ScriptPeer) => peer.send({ type: 'open', containerId: 'again' })],
    ['amqp:not-found', 'a frame of no session', (peer: ScriptPeer) => peer.attach({}, 7)],
    ['amqp:not-found', 'a flow of no session', (peer: ScriptPeer) => peer.flow({}, 7)],
    ['amqp:not-allowed', 'a channel in use', (peer: ScriptPeer) => peer.begin().begin()],
    ['amqp:connection:framing-error', 'a channel too high', (peer: ScriptPeer) => peer.begin({}, 5_000)],
    ['amqp:connection:framing-error', 'a frame too large', (peer: ScriptPeer) => peer.raw(hex('00010001 02000000'))],
    ['amqp:connection:framing-error', 'a SASL frame', (peer: ScriptPeer) => peer.sasl()],
    ['amqp:decode-error', 'bytes that are no value', (peer: ScriptPeer) => peer.raw(hex('0000000a 02000000 3f3f'))],
    ['amqp:decode-error', 'no performative', (peer: ScriptPeer) => peer.raw(hex('0000000c 02000000 00532445'))],
    ['amqp:decode-error', 'a flow without windows', (peer: ScriptPeer) => peer.raw(hex('0000000c 02000000 00531345'))],
  ])('is closed with %s for %s', (condition, _, violate) => {
    const peer = new ScriptPeer().open();
    violate(peer);
    expect(closeOf(peer)).toBe(condition);
    expect(peer.events).toEqual([['closed', condition]]);
    peer.begin({}, 9).send({ type: 'close' });
    expect([peer.names(), peer.events.length]).toEqual([[], 1]);
  });

  it('opens to say why something else than an open was wrong', () => {
    const peer = new ScriptPeer().header(3).sasl().header(0).begin();
    expect(peer.names().slice(-2)).toEqual(['open', 'close']);
    expect(peer.events).toEqual([['closed', 'amqp:not-allowed']]);
  });

  it('takes no large frame before the open', () => {
    const peer = new ScriptPeer().header(3).raw(hex('00002001 02010000'));
    expect(peer.events).toEqual([['closed', 'amqp:connection:framing-error']]);
  });

  it('ignores an end or a detach of what is gone', () => {
    const peer = new ScriptPeer().open().begin();
    peer.names();
    peer
      .send({ type: 'detach', handle: 3, closed: true })
      .send({ type: 'end' }, 4)
      .send({ type: 'detach', handle: 0 }, 4);
    expect([peer.names(), peer.events, peer.server.state]).toEqual([[], [], 'open']);
  });

  it('answers a close, once', () => {
    const peer = new ScriptPeer().open();
    peer.send({ type: 'close', error: { type: 'error', condition: 'amqp:internal-error' } });
    expect(peer.names().at(-1)).toBe('close');
    peer.server.inputEnded();
    peer.server.close();
    expect(peer.events).toEqual([['closed', 'amqp:internal-error']]);
  });

  it('discards what comes between its close and the answer', () => {
    const peer = new ScriptPeer().open().begin();
    peer.names();
    peer.server.close(amqpError('amqp:connection:forced', 'Going.'));
    peer.server.close();
    expect(peer.server.state).toBe('closing');
    expect(peer.attach({}, 7).begin({}, 8).names()).toEqual(['close']);
    expect(peer.events).toEqual([]);
    expect(peer.send({ type: 'close' }).names()).toEqual([]);
    expect(peer.events).toEqual([['closed', undefined]]);
  });

  it('throws what its listener throws, a decode error too', () => {
    const failure = new DecodeError('Of the listener, not of the peer.');
    const peer = new ScriptPeer(
      {},
      {
        began: () => {
          throw failure;
        },
      },
    ).open();
    expect(() => peer.begin()).toThrow(failure);
    expect(peer.server.state).toBe('open');
  });

  it('is over when the input ends', () => {
    const peer = new ScriptPeer().open();
    peer.server.inputEnded();
    expect(peer.events).toEqual([['closed', undefined]]);
    expect(peer.server.tick(1)).toBeUndefined();
  });
});

describe('time', () => {
  it("brings a heartbeat when nothing else was sent, at least twice within the peer's time-out", () => {
    const peer = new ScriptPeer().open({ containerId: 'peer', idleTimeOut: 8_000 });
    expect(peer.server.tick(1_000)).toBe(3_000);
    peer.names();
    peer.server.tick(3_000);
    expect(peer.names()).toEqual([]);
    peer.server.tick(5_000);
    expect(peer.names()).toEqual(['heartbeat']);
  });

  it('brings none to a peer that does not care', () => {
    const peer = new ScriptPeer().open();
    peer.names();
    for (const now of [0, 60_000, 100_000]) peer.server.tick(now);
    expect(peer.names()).toEqual([]);
  });

  it('closes a connection whose peer is silent, and not one whose peer sends heartbeats', () => {
    const peer = new ScriptPeer({ idleTimeOut: 4_000 }).open();
    peer.names();
    for (let now = 0; now <= 20_000; now += 1_000) {
      peer.raw(hex('00000008 02000000'));
      expect(peer.server.tick(now)).toBe(now + 1_000);
    }
    expect(peer.server.tick(23_000)).toBeDefined();
    expect(peer.server.tick(24_000)).toBeUndefined();
    expect(closeOf(peer)).toBe('amqp:connection:forced');
  });
});

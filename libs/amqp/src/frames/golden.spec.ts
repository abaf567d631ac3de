import { describe, expect, it } from '@jest/globals';
import { ATTACH, BEGIN, CLOSE, DETACH, OPEN } from '../codec/performatives.js';
import { SASL_MECHANISMS, SASL_OUTCOME } from '../codec/sasl-performatives.js';
import { ascii, hex } from '../testing/hex.js';
import { NONE } from './field-cursor.js';
import { AMQP_FRAME, SASL_FRAME } from './frame-reader.js';
import { BufferPool, Output } from './output.js';
import { writeFrame, writeHeartbeat, writeProtocolHeader } from './write-frame.js';
import { writeDisposition, writeFlow, writeTransfer } from './write-hot.js';

function written(write: (output: Output) => void): string | undefined {
  const output = new Output(new BufferPool());
  write(output);
  return output.take()?.toString('hex');
}

const bytes = (text: string) => hex(text).toString('hex');

/** What Azure Service Bus sends, byte by byte. */
describe('as Azure writes it', () => {
  it('a protocol header', () => {
    expect(written((output) => writeProtocolHeader(output, 3))).toBe(bytes('414d5150 03 01 00 00'));
    expect(written((output) => writeProtocolHeader(output, 0))).toBe(bytes('414d5150 00 01 00 00'));
  });

  it('its SASL mechanisms: an array8 of sym32', () => {
    const mechanisms = SASL_MECHANISMS.to({ saslServerMechanisms: ['MSSBCBS', 'PLAIN', 'ANONYMOUS', 'EXTERNAL'] });
    expect(written((output) => writeFrame(output, SASL_FRAME, 0, mechanisms))).toBe(
      bytes(
        `0000003f 02010000 005340 c03201 e02f04b3 00000007 ${ascii('MSSBCBS')} 00000005 ${ascii('PLAIN')}
         00000009 ${ascii('ANONYMOUS')} 00000008 ${ascii('EXTERNAL')}`,
      ),
    );
  });

  it('its SASL outcome', () => {
    const outcome = SASL_OUTCOME.to({ code: 0, additionalData: Buffer.from('Welcome!') });
    expect(written((output) => writeFrame(output, SASL_FRAME, 0, outcome))).toBe(
      bytes('0000001a 02010000 005344 c00d02 5000 a008 57656c636f6d6521'),
    );
  });

  it('an open of ten fields in 70 bytes', () => {
    const containerId = '13e2a1b0c4d5e6f708192a3b4c5d6e7f_G1';
    const open = OPEN.to({ containerId, maxFrameSize: 65_536, channelMax: 4_999, idleTimeOut: 240_000 });
    const frame = written((output) => writeFrame(output, AMQP_FRAME, 0, open));
    expect(frame).toHaveLength(2 * 70);
    expect(frame).toBe(
      bytes(`00000046 02000000 005310 c0390a a123${ascii(containerId)} 40 7000010000 601387 700003a980 4040404040`),
    );
  });

  it('a begin of eight fields', () => {
    const fields = { remoteChannel: 0, nextOutgoingId: 1, incomingWindow: 5_000, outgoingWindow: 65_536 };
    const begin = BEGIN.to({ ...fields, handleMax: 255 });
    expect(written((output) => writeFrame(output, AMQP_FRAME, 1, begin))).toBe(
      bytes('00000022 02000001 005311 c01508 600000 5201 7000001388 7000010000 52ff 404040'),
    );
  });

  it('an attach that echoes a source of eleven and a target of seven fields', () => {
    const attach = ATTACH.to({
      ...{ name: 'link', handle: 0, role: false, sndSettleMode: 0, rcvSettleMode: 1 },
      source: { type: 'source', address: '$cbs' },
      target: { type: 'target' },
      ...{ initialDeliveryCount: 0, maxMessageSize: 2n ** 64n - 1n },
    });
    expect(written((output) => writeFrame(output, AMQP_FRAME, 0, attach))).toBe(
      bytes(
        `0000004c 02000000 005312 c03f0e a104${ascii('link')} 43 42 5000 5001
         005328 c0110b a104${ascii('$cbs')} 40404040404040404040 005329 c00807 40404040404040
         40 40 43 80ffffffffffffffff 404040`,
      ),
    );
  });

  it('a refusal: an attach without source and target, then a detach that closes', () => {
    const attach = ATTACH.to({ name: 'link', handle: 0, role: true });
    const error = { type: 'error' as const, condition: 'amqp:not-found', description: 'Gone.' };
    const detach = DETACH.to({ handle: 0, closed: true, error });
    const frames = written((output) => {
      writeFrame(output, AMQP_FRAME, 0, attach);
      writeFrame(output, AMQP_FRAME, 0, detach);
    });
    expect(frames).toBe(
      bytes(
        `00000021 02000000 005312 c0140e a104${ascii('link')} 43 41 40404040 40404040404040` +
          `0000002e 02000000 005316 c02103 43 41 00531d c01903 a30e${ascii('amqp:not-found')} a105${ascii('Gone.')} 40`,
      ),
    );
  });

  it('a close with its error', () => {
    const error = { type: 'error' as const, condition: 'amqp:connection:forced' };
    expect(written((output) => writeFrame(output, AMQP_FRAME, 0, CLOSE.to({ error })))).toBe(
      bytes(`0000002e 02000000 005318 c02101 00531d c01b03 a316${ascii('amqp:connection:forced')} 40 40`),
    );
  });

  it('the first flow to a sender: drain is null, echo is false', () => {
    const windows = { nextIncomingId: 0, incomingWindow: 5_000, nextOutgoingId: 1, outgoingWindow: 65_536 };
    const link = { handle: 0, deliveryCount: 0, linkCredit: 1_000, available: 0, drain: false, echo: false };
    expect(written((output) => writeFlow(output, 0, { ...windows, ...link }))).toBe(
      bytes('00000026 02000000 005313 c0190b 43 7000001388 5201 7000010000 43 43 70000003e8 43 40 42 40'),
    );
  });

  it('the flow of a session that asks whether the client is there', () => {
    const windows = { nextIncomingId: 7, incomingWindow: 5_000, nextOutgoingId: 1, outgoingWindow: 100 };
    const link = { handle: NONE, deliveryCount: NONE, linkCredit: NONE, available: NONE, drain: false, echo: true };
    expect(written((output) => writeFlow(output, 0, { ...windows, ...link }))).toBe(
      bytes('00000020 02000000 005313 c0130b 5207 7000001388 5201 5264 40404040 40 41 40'),
    );
  });

  it('a transfer of the token node', () => {
    const fields = { handle: 1, deliveryId: 0, tag: hex('01000000'), format: 0, settled: false, more: false };
    expect(written((output) => writeTransfer(output, 0, { ...fields, batchable: false }, hex('005377 a1026f6b')))).toBe(
      bytes('00000026 02000000 005314 c0120b 5201 43 a00401000000 43 40 42 40404040 42 005377a1026f6b'),
    );
  });

  it('the acceptance of one message, and of a range', () => {
    const accept = { role: true, settled: true, state: { type: 'accepted' } as const };
    expect(written((output) => writeDisposition(output, 0, { ...accept, first: 3, last: 3 }))).toBe(
      bytes('00000018 02000000 005315 c00b06 41 5203 40 41 00532445 40'),
    );
    expect(written((output) => writeDisposition(output, 0, { ...accept, first: 3, last: 300 }))).toBe(
      bytes('0000001c 02000000 005315 c00f06 41 5203 700000012c 41 00532445 40'),
    );
  });

  it('the rejection of a message', () => {
    const error = { type: 'error' as const, condition: 'amqp:not-found' };
    const reject = { role: true, first: 0, last: 0, settled: true, state: { type: 'rejected', error } as const };
    expect(written((output) => writeDisposition(output, 0, reject))).toBe(
      bytes(
        `00000031 02000000 005315 c02406 41 43 40 41 005325 c01901 00531d c01303 a30e${ascii('amqp:not-found')} 40 40 40`,
      ),
    );
  });

  it('a heartbeat', () => {
    expect(written(writeHeartbeat)).toBe(bytes('00000008 02000000'));
  });
});

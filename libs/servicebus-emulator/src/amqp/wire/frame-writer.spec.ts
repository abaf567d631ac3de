import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from '../../testing/fast-check.js';
import frames from 'rhea/lib/frames.js';
import { FrameWriter } from './frame-writer.js';

const uint = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const transfer = fc.record({
  channel: fc.integer({ min: 0, max: 0xffff }),
  handle: uint,
  id: uint,
  tag: fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  format: uint,
  settled: fc.boolean(),
  more: fc.boolean(),
});

function splitFrames(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    found.push(bytes.subarray(at, at + bytes.readUInt32BE(at)));
  }
  return found;
}

describe('a frame writer', () => {
  it('writes transfers that rhea reads as they were meant, whatever is in them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(transfer, fc.uint8Array({ minLength: 1, maxLength: 40_000 })), { maxLength: 5 }),
        (all) => {
          const socket = new PassThrough();
          const writer = new FrameWriter(socket);
          for (const [fields, payload] of all) writer.transfer(fields, Buffer.from(payload));
          writer.flush();
          const written = splitFrames((socket.read() as Buffer | null) ?? Buffer.alloc(0)).map(frames.read_frame);
          expect(written).toHaveLength(all.length);
          for (const [i, [fields, payload]] of all.entries()) {
            const { channel, performative, payload: read } = written[i] ?? frames.read_frame(Buffer.alloc(0));
            expect(channel).toBe(fields.channel);
            expect(performative['handle']).toBe(fields.handle);
            expect(performative['delivery_id']).toBe(fields.id);
            expect(performative['delivery_tag']).toEqual(fields.tag);
            expect(performative['message_format']).toBe(fields.format);
            expect(performative['settled']).toBe(fields.settled);
            expect(performative['more']).toBe(fields.more);
            expect(read).toEqual(Buffer.from(payload));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('writes acceptances of a range', () => {
    const socket = new PassThrough();
    const writer = new FrameWriter(socket);
    writer.acceptance(7, true, 255, 70_000);
    writer.flush();
    const { channel, performative } = frames.read_frame(socket.read() as Buffer);
    expect(channel).toBe(7);
    expect(performative).toMatchObject({ role: true, first: 255, last: 70_000, settled: true });
    expect(performative['state']).toMatchObject({ descriptor: { value: 0x24 } });
  });

  it('keeps the order of what rhea and it write, sends it when the client pauses, and before the end', async () => {
    const socket = new PassThrough();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const writer = new FrameWriter(socket);
    writer.atPause(() => socket.write(Buffer.from('work')));
    socket.write(Buffer.from('first'));
    socket.write(Buffer.from('second'));
    expect(writer.gathered).toBe(11);
    await new Promise((resolve) => socket.once('data', resolve));
    expect(Buffer.concat(chunks).toString()).toBe('firstsecondwork');
    socket.write(Buffer.from('last'));
    socket.end();
    await new Promise((resolve) => socket.once('end', resolve));
    expect(Buffer.concat(chunks).toString()).toBe('firstsecondworklast');
  });

  it('waits while input keeps coming, but not for ever', async () => {
    const socket = new PassThrough();
    const writer = new FrameWriter(socket);
    let isWritten = false;
    writer.atPause(() => (isWritten = true));
    let inputs = 0;
    while (!isWritten && inputs < 1_000) {
      writer.inputCame(1);
      inputs++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(inputs).toBeGreaterThan(20);
    expect(inputs).toBeLessThan(100);
  });
});

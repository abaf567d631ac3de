import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hex } from '../testing/hex.js';
import { FrameReader, type ProtocolHeader } from './frame-reader.js';
import { FramingError } from './framing-error.js';

const HEADER = '414d5150 00 010000';

/** What was read, as text; a header with id 3 is followed by another one. */
function read(chunks: readonly Buffer[], maxFrameSize = 512): { events: string[]; reader: FrameReader } {
  const events: string[] = [];
  const reader = new FrameReader(
    {
      header: ({ id, version }: ProtocolHeader) => {
        events.push(`header ${id} ${version}`);
        if (id === 3) reader.expectHeader();
      },
      frame: ({ type, channel, bytes, start, end }) => {
        events.push(`${type} ${channel} ${bytes.toString('hex', start, end)}`);
      },
    },
    maxFrameSize,
  );
  for (const chunk of chunks) reader.read(chunk);
  return { events, reader };
}

const frame = fc
  .record({
    type: fc.constantFrom(0, 1),
    channel: fc.nat({ max: 0xffff }),
    offset: fc.integer({ min: 2, max: 5 }),
    body: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ type, channel, offset, body }) => {
    const bytes = Buffer.alloc(offset * 4 + body.length);
    bytes.writeUInt32BE(bytes.length, 0);
    bytes[4] = offset;
    bytes[5] = type;
    bytes.writeUInt16BE(channel, 6);
    bytes.set(body, offset * 4);
    return bytes;
  });

describe('a frame reader', () => {
  it('reads the header first, then frames, a heartbeat among them', () => {
    const frames = hex(`${HEADER} 00000008 02000000 0000000e 03 00 0102 eeeeeeee abcd 0000000a 02 01 0000 0102`);
    expect(read([frames]).events).toEqual(['header 0 1.0.0', '0 0 ', '0 258 abcd', '1 0 0102']);
  });

  it('reads the same however the bytes are chunked, and keeps no more than one frame', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat({ max: 30 })), (frames, cuts) => {
        const bytes = Buffer.concat([hex('414d5150 03 010000'), hex(HEADER), ...frames]);
        const whole = read([bytes]);
        const single = read([...bytes].map((byte) => Buffer.of(byte)));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)));
        const cutAnyhow = read([...chunks, bytes.subarray(at)]);
        expect(whole.events).toHaveLength(frames.length + 2);
        expect(single.events).toEqual(whole.events);
        expect(cutAnyhow.events).toEqual(whole.events);
        expect([whole, single, cutAnyhow].map(({ reader }) => reader.held)).toEqual([0, 0, 0]);
      }),
    );
  });

  it('holds no more memory than the largest frame has', () => {
    const { reader } = read([hex(`${HEADER} 00000200 0200`), hex('0000 01')]);
    expect(reader.held).toBe(512);
  });

  it('stops in the middle of a chunk', () => {
    let frames = 0;
    const reader = new FrameReader(
      { header: () => {}, frame: () => (++frames === 2 ? reader.stop() : undefined) },
      512,
    );
    const heartbeat = '00000008 02000000';
    reader.read(hex(HEADER + heartbeat + heartbeat + heartbeat));
    reader.read(hex(heartbeat));
    expect(frames).toBe(2);
  });

  it.each([
    ['474554202f204854', 'This is no AMQP protocol header.'],
    [`${HEADER} 00000007 02000000`, 'A frame has at least 8 bytes, not 7.'],
    [`${HEADER} 00000201 02000000`, 'A frame may have 512 bytes, not 513.'],
    [`${HEADER} ffffffff 02000000`, 'A frame may have 512 bytes, not 4294967295.'],
    [`${HEADER} 00000008 01000000`, 'The data of a frame of 8 bytes cannot begin at byte 4.'],
    [`${HEADER} 00000008 03000000`, 'The data of a frame of 8 bytes cannot begin at byte 12.'],
    [`${HEADER} 00000008 02020000`, 'There are no frames of type 2.'],
  ])('refuses %s: %s', (bytes, message) => {
    expect(() => read([hex(bytes)])).toThrow(message);
    expect(() => read([...hex(bytes)].map((byte) => Buffer.of(byte)))).toThrow(FramingError);
  });
});

import { describe, expect, it } from '@jest/globals';
import { room } from './writing-room.js';

/** Writes so many of these bytes, after having asked for more room. */
function write(byte: number, length: number, asked = length + 1_024): Buffer {
  const opened = room.open(asked);
  expect(opened.length).toBeGreaterThanOrEqual(asked);
  opened.fill(byte, 0, length);
  return room.take(opened, length);
}

describe('the room of writers', () => {
  it('gives nobody what was taken, over more than one chunk of it and with messages that are longer than one', () => {
    const lengths = Array.from({ length: 300 }, (_, n) => (n % 50 === 7 ? 100_000 : 900 + n));
    const written = lengths.map((length, n) => write(n % 251, length));
    for (const [n, bytes] of written.entries()) {
      expect(bytes).toHaveLength(lengths[n] ?? 0);
      expect(bytes.every((byte) => byte === n % 251)).toBe(true);
    }
    expect(new Set(written.map(({ buffer }) => buffer)).size).toBeLessThan(written.length / 10);
  });

  it('gives what nobody took to the next one', () => {
    const given = room.open(100);
    const next = room.open(100);
    expect([next.buffer, next.byteOffset]).toEqual([given.buffer, given.byteOffset]);
  });

  it('leaves what was written elsewhere, where the room was too small, as it is', () => {
    const before = room.open(100);
    const elsewhere = Buffer.alloc(5_000, 'x');
    expect(room.take(elsewhere, 4_000).toString()).toBe('x'.repeat(4_000));
    expect(room.open(100).byteOffset).toBe(before.byteOffset);
  });
});

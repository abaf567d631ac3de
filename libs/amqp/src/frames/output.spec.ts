import { describe, expect, it } from '@jest/globals';
import { hex } from '../testing/hex.js';
import { BufferPool, Output } from './output.js';

function put(output: Output, bytes: Buffer): void {
  const start = output.reserve(bytes.length);
  output.bytes.set(bytes, start);
  output.commit(start + bytes.length);
}

describe('output', () => {
  it('gathers what is committed and gives it in one piece, once', () => {
    const output = new Output(new BufferPool());
    put(output, hex('0102'));
    output.reserve(100);
    put(output, hex('03'));
    expect(output.pending).toBe(3);
    expect(output.take()).toEqual(hex('010203'));
    expect(output.pending).toBe(0);
    expect(output.take()).toBeUndefined();
  });

  it('keeps what it has when it grows', () => {
    const output = new Output(new BufferPool());
    const parts = Array.from({ length: 50 }, (_, i) => Buffer.alloc(3_000, i));
    for (const part of parts) put(output, part);
    expect(output.take()?.equals(Buffer.concat(parts))).toBe(true);
  });

  it('does not touch a piece that was taken until it is given back', () => {
    const output = new Output(new BufferPool());
    put(output, hex('0102'));
    const piece = output.take() as Buffer;
    put(output, hex('ffff'));
    expect(piece).toEqual(hex('0102'));
    const other = output.take() as Buffer;
    output.giveBack(piece);
    output.giveBack(piece);
    put(output, hex('aa'));
    expect(output.bytes.buffer).toBe(piece.buffer);
    const again = new Output(new BufferPool());
    put(again, hex('bb'));
    expect(other).toEqual(hex('ffff'));
  });

  it('uses no memory twice that was given back twice', () => {
    const pool = new BufferPool();
    const [one, two] = [new Output(pool), new Output(pool)];
    put(one, hex('01'));
    const piece = one.take() as Buffer;
    one.giveBack(piece);
    one.giveBack(piece);
    put(one, hex('02'));
    put(two, hex('03'));
    expect(one.take()).toEqual(hex('02'));
  });

  it('keeps neither large nor many buffers', () => {
    const pool = new BufferPool();
    const large = Buffer.allocUnsafeSlow(1024 * 1024);
    pool.giveBack(large);
    expect(pool.take(1).buffer).not.toBe(large.buffer);
    const buffers = Array.from({ length: 17 }, () => Buffer.allocUnsafeSlow(16 * 1024));
    for (const buffer of buffers) pool.giveBack(buffer);
    const taken = new Set(Array.from({ length: 17 }, () => pool.take(1).buffer));
    expect(buffers.filter(({ buffer }) => taken.has(buffer))).toHaveLength(16);
  });
});

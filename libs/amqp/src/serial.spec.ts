import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance, distance, isWithin } from './serial.js';

const id = fc.oneof(
  fc.nat({ max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffd, 0xffff_ffff),
);

describe('serial numbers', () => {
  it('begin anew after 4,294,967,295', () => {
    expect(advance(0xffff_ffff, 1)).toBe(0);
    expect(advance(0xffff_fffd, 5)).toBe(2);
    expect(distance(0xffff_fffd, 2)).toBe(5);
    expect(distance(2, 0xffff_fffd)).toBe(-5);
    expect(distance(0, 0x8000_0000)).toBe(-(2 ** 31));
  });

  it('are as far apart as one was advanced', () => {
    fc.assert(
      fc.property(id, fc.integer({ min: 0, max: 0x7fff_ffff }), (from, by) => distance(from, advance(from, by)) === by),
    );
  });

  it('lie within a range that wraps', () => {
    expect([0xffff_fffd, 0xffff_ffff, 0, 2].map((one) => isWithin(one, 0xffff_fffe, 1))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isWithin(5, 5, 5)).toBe(true);
    expect(isWithin(5, 6, 4)).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { estimateClockOffset } from './clock-offset.js';

const exchange = (sentAt: number, tookMs: number, serverTime: number) => ({
  sentAt,
  answeredAt: sentAt + tookMs,
  serverTime,
});

describe('estimateClockOffset', () => {
  it.each([
    ['no exchange', [], 0],
    ['one clock', [exchange(1_000.2, 4, 1_002), exchange(2_000, 3, 2_001)], 0],
    ['one clock, read in the millisecond of the request', [exchange(1_000.9, 3, 1_000)], 0],
    // Ahead by at least 496 and at most 501.
    ['a clock that is ahead', [exchange(1_000, 4, 1_500)], 498.5],
    ['a clock that is behind', [exchange(1_000, 4, 500)], -501.5],
    // The quick one leaves 499 to 501.
    ['slow and quick answers', [exchange(1_000, 900, 1_550), exchange(3_000, 1, 3_500)], 500],
  ])('%s', (_, exchanges, offset) => {
    expect(estimateClockOffset(exchanges)).toBe(offset);
  });
});

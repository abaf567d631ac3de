import { describe, expect, it } from '@jest/globals';
import { latencyOf, percentile } from './latency.js';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  it.each<[readonly number[], number, number]>([
    [hundred, 0.5, 50],
    [hundred, 0.95, 95],
    [hundred, 0.99, 99],
    [hundred, 0.995, 100],
    [hundred, 1, 100],
    [[7], 0.01, 7],
    [[7], 1, 7],
    [[1, 2], 0.5, 1],
    [[1, 2], 0.51, 2],
    [[1, 2, 3], 0.5, 2],
  ])('%j at %d is %d', (sorted, part, value) => {
    expect(percentile(sorted, part)).toBe(value);
  });

  it('refuses nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  it('leaves at most the rest above, for any values', () => {
    for (let size = 1; size < 60; size += 1) {
      const sorted = Array.from({ length: size }, (_, i) => ((i * 7_919) % 31) / 3).sort((a, b) => a - b);
      for (const part of [0.01, 0.5, 0.9, 0.95, 0.99, 1]) {
        const value = percentile(sorted, part);
        expect(sorted.filter((one) => one <= value).length).toBeGreaterThanOrEqual(part * size);
        expect(sorted.filter((one) => one < value).length).toBeLessThan(part * size);
      }
    }
  });
});

describe('latencyOf', () => {
  it('sums up in any order, to a tenth of a millisecond', () => {
    expect(latencyOf([30, 10.04, 20])).toEqual({ count: 3, p50: 20, p95: 30, p99: 30, max: 30 });
    expect(latencyOf([10.04])).toEqual({ count: 1, p50: 10, p95: 10, p99: 10, max: 10 });
  });

  it('sorts numbers as numbers', () => {
    expect(latencyOf([9, 10, 100]).p50).toBe(10);
  });

  it('says nothing of nothing', () => {
    expect(latencyOf([])).toEqual({ count: 0 });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, percentileMs, upperBoundMs } from './latency-histogram.js';

const day = 86_400_000;

describe('the latency histogram', () => {
  it('puts a latency into the bucket whose bounds enclose it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.001, max: 30 * day, noNaN: true }), (latency) => {
        const bucket = bucketOf(latency);
        expect(upperBoundMs(bucket)).toBeGreaterThanOrEqual(latency * 0.999999);
        expect(upperBoundMs(bucket - 1)).toBeLessThan(latency * 1.000001);
      }),
    );
  });

  it('begins a bucket right after the upper bound of the one before', () => {
    expect([-1, 0, 0.5, 1].map(bucketOf)).toEqual([0, 0, 0, 0]);
    expect(bucketOf(1.000_001)).toBe(1);
    // The bounds are no whole numbers, so no latency lies on one; these lie next to them.
    for (let bucket = 60; bucket <= 440; bucket += 1) {
      const bound = upperBoundMs(bucket);
      expect([bucketOf(Math.floor(bound)), bucketOf(Math.ceil(bound))]).toEqual([bucket, bucket + 1]);
    }
  });

  it.each([
    [0.5, 10],
    [0.51, 100],
    [0.75, 100],
    [0.76, 1_000],
    [1, 1_000],
  ])('tells the latency that the part %d of all orders did not exceed', (part, latency) => {
    const histogram = [1_000, 10, 100, 10].map((each) => ({ bucket: bucketOf(each), orders: 1 }));
    expect(percentileMs(histogram, part)).toBe(Math.round(upperBoundMs(bucketOf(latency))));
  });

  it('gives percentiles to within 5 %', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: day }), { minLength: 1, maxLength: 200 }), (latencies) => {
        const histogram = latencies.map((latency) => ({ bucket: bucketOf(latency), orders: 1 }));
        const exact = [...latencies].sort((a, b) => a - b)[Math.ceil(latencies.length / 2) - 1] ?? 0;
        const given = percentileMs(histogram, 0.5) ?? 0;
        expect(given).toBeGreaterThanOrEqual(Math.floor(exact));
        expect(given).toBeLessThanOrEqual(Math.ceil(exact * 1.05) + 1);
      }),
    );
  });

  it('counts clocks that disagree as no latency, and knows no percentile of nothing', () => {
    expect(bucketOf(-500)).toBe(0);
    expect(percentileMs([], 0.99)).toBeNull();
  });
});

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

  it('tells percentiles to within 5 %', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: day }), { minLength: 1, maxLength: 200 }), (latencies) => {
        const histogram = latencies.map((latency) => ({ bucket: bucketOf(latency), orders: 1 }));
        const exact = [...latencies].sort((a, b) => a - b)[Math.ceil(latencies.length / 2) - 1] ?? 0;
        const told = percentileMs(histogram, 0.5) ?? 0;
        expect(told).toBeGreaterThanOrEqual(Math.floor(exact));
        expect(told).toBeLessThanOrEqual(Math.ceil(exact * 1.05) + 1);
      }),
    );
  });

  it('counts clocks that disagree as no latency, and knows no percentile of nothing', () => {
    expect(bucketOf(-500)).toBe(0);
    expect(percentileMs([], 0.99)).toBeNull();
  });
});

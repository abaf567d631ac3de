import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { policies } from '../testing/arbitrary-policies.js';
import { backoff, longestBackoff } from './backoff.js';
import { attemptLimit, defaultRetryPolicy, LONGEST_DELAY_MS, retryPolicy } from './retry-policy.js';

const middle = () => 0.5;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoff', () => {
  it('strays as far as the jitter allows, and never beyond the cap', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), random, (policy, attempt, number) => {
        const nominal = backoff({ ...policy, jitter: 'none' }, attempt, middle);
        const stray = policy.jitter === 'none' ? 0 : policy.jitter === 'full' ? 1 : policy.jitter;
        const actual = backoff(policy, attempt, () => number);
        const capMs = 'capMs' in policy.delayed ? policy.delayed.capMs : LONGEST_DELAY_MS;
        expect(actual).toBeLessThanOrEqual(capMs);
        expect(actual).toBeLessThanOrEqual(longestBackoff(policy, attempt));
        expect(backoff(policy, attempt, () => 1 - Number.EPSILON)).toBe(longestBackoff(policy, attempt));
        expect(actual).toBeGreaterThanOrEqual(Math.floor(nominal * (1 - stray)) - 1);
        expect(actual).toBeLessThanOrEqual(Math.ceil(nominal * (policy.jitter === 'full' ? 1 : 1 + stray)) + 1);
      }),
    );
  });

  it.each([
    // jitter, attempt, random, delay
    ['none', 1, 0, 1_000],
    ['none', 3, 0.9, 3_000],
    ['full', 1, 0, 0],
    ['full', 2, 0.5, 1_000],
    [0.25, 1, 0, 750],
    [0.25, 1, 0.5, 1_000],
    [0.25, 1, 1 - Number.EPSILON, 1_250],
    // The cap holds after the jitter, and what is below it is spread evenly.
    [0.25, 3, 0, 2_250],
    [0.25, 3, 0.5, 2_625],
    [0.25, 100, 1 - Number.EPSILON, 3_000],
  ] as const)(
    'with jitter %p after attempt %i and a random number of %d is %i ms',
    (jitter, attempt, number, expected) => {
      const policy = retryPolicy({ delayed: { baseMs: 1_000, factor: 2, capMs: 3_000, retries: 9 }, jitter });
      expect(backoff(policy, attempt, () => number)).toBe(expected);
    },
  );

  it('takes the values of a list in their turn, 1, 5 and 30 minutes by default', () => {
    expect([1, 2, 3].map((attempt) => backoff(defaultRetryPolicy, attempt, middle))).toEqual([60e3, 300e3, 1_800e3]);
    expect(attemptLimit(defaultRetryPolicy)).toBe(4);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError } from '../errors.js';
import { backoff, decideRetry } from './decide-retry.js';
import { defaultRetryPolicy, retryPolicy } from './retry-policy.js';

const middle = () => 0.5;

describe('decideRetry', () => {
  const policy = retryPolicy({ maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 1_500, jitter: 0.25 });

  it.each([
    { attempt: 1, expected: { kind: 'retry', delayMs: 1_000, reason: 'boom' } },
    { attempt: 2, expected: { kind: 'retry', delayMs: 1_500, reason: 'boom' } },
    {
      attempt: 3,
      expected: { kind: 'dead-letter', reason: 'AttemptsExhausted', detail: 'Failed 3 times, at last with: boom' },
    },
    {
      attempt: 9,
      expected: { kind: 'dead-letter', reason: 'AttemptsExhausted', detail: 'Failed 9 times, at last with: boom' },
    },
  ])('a transient error at attempt $attempt becomes $expected.kind', ({ attempt, expected }) => {
    expect(decideRetry(policy, new Error('boom'), attempt, middle)).toEqual(expected);
  });

  it('dead-letters a permanent error at once, with its code and causes', () => {
    const error = new PermanentError('CardExpired', 'The card has expired', { cause: new Error('in 1999') });
    expect(decideRetry(policy, error, 1, middle)).toEqual({
      kind: 'dead-letter',
      reason: 'CardExpired',
      detail: 'The card has expired: in 1999',
    });
  });

  it.each([undefined, null, 'text', 42, { status: 'error' }])('takes %p for a transient error', (thrown) => {
    expect(decideRetry(policy, thrown, 1, middle).kind).toBe('retry');
  });
});

describe('backoff', () => {
  it('stays within the jitter around the doubled and capped delay', () => {
    fc.assert(
      fc.property(
        fc.record({
          maxDelayMs: fc.integer({ min: 1_000, max: 600_000 }),
          baseDelayMs: fc.integer({ min: 0, max: 1_000 }),
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (overrides, attempt, random) => {
          const policy = retryPolicy(overrides);
          const delay = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
          const actual = backoff(policy, attempt, () => random);
          expect(actual).toBeGreaterThanOrEqual(Math.floor(delay * (1 - policy.jitter)));
          expect(actual).toBeLessThanOrEqual(Math.ceil(delay * (1 + policy.jitter)));
        },
      ),
    );
  });
});

describe('the delay', () => {
  const policy = retryPolicy({ baseDelayMs: 1_000, maxDelayMs: 3_000, jitter: 0.25 });

  it.each([
    // attempt, random, delay
    [1, 0, 750],
    [1, 0.5, 1_000],
    [1, 1 - Number.EPSILON, 1_250],
    [2, 0.5, 2_000],
    [3, 0.5, 3_000],
    // The cap comes before the jitter.
    [3, 0, 2_250],
    [9, 1 - Number.EPSILON, 3_750],
    [100, 0.5, 3_000],
  ])('after attempt %i with a random number of %d is %i ms', (attempt, random, delay) => {
    expect(backoff(policy, attempt, () => random)).toBe(delay);
  });
});

describe('retryPolicy', () => {
  it.each([
    { immediateAttempts: [1, 10] },
    { immediateDelayMs: [0, 5_000] },
    { maxAttempts: [1, 100] },
    { baseDelayMs: [0, 300_000] },
    { jitter: [0, 1] },
  ])('takes the bounds of %p and nothing beyond them', (bounds) => {
    for (const [name, [min, max]] of Object.entries(bounds)) {
      expect(retryPolicy({ [name]: min })).toMatchObject({ [name]: min });
      expect(retryPolicy({ [name]: max })).toMatchObject({ [name]: max });
      for (const beyond of [min - 1, max + 1, NaN]) expect(() => retryPolicy({ [name]: beyond })).toThrow(RangeError);
    }
  });

  it('takes a longest delay of up to a week, and no first delay that is longer', () => {
    const week = 7 * 24 * 3_600_000;
    expect(retryPolicy({ maxDelayMs: week, baseDelayMs: week })).toMatchObject({ maxDelayMs: week });
    expect(() => retryPolicy({ maxDelayMs: week + 1 })).toThrow('maxDelayMs must be from 0 to 604800000');
    expect(() => retryPolicy({ maxDelayMs: 500, baseDelayMs: 501 })).toThrow('baseDelayMs must be from 0 to 500');
  });

  it('fills in the defaults', () => {
    expect(retryPolicy()).toEqual(defaultRetryPolicy);
  });

  it('lists every value out of range', () => {
    expect(() => retryPolicy({ immediateAttempts: 0, maxAttempts: 1.5, baseDelayMs: 9e9, jitter: 2 })).toThrow(
      'Invalid retry policy: immediateAttempts must be a whole number from 1 to 10, not 0; ' +
        'maxAttempts must be a whole number from 1 to 100, not 1.5; ' +
        'baseDelayMs must be from 0 to 300000, not 9000000000; jitter must be from 0 to 1, not 2.',
    );
  });
});

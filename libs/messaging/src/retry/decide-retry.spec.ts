import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError } from '../errors.js';
import { classify } from './classify.js';
import { backoff, decideRetry, exhaustedBefore } from './decide-retry.js';
import { attemptLimit, defaultRetryPolicy, LONGEST_DELAY_MS, type RetryPolicy, retryPolicy } from './retry-policy.js';

const middle = () => 0.5;
const decide = (policy: RetryPolicy, error: unknown, attempt: number) =>
  decideRetry(policy, { error, kind: classify([], error), attempt }, middle);

const delay = fc.integer({ min: 0, max: LONGEST_DELAY_MS });
const policies = fc
  .record({
    delayed: fc.oneof(
      fc.array(delay, { maxLength: 20 }),
      fc
        .tuple(delay, delay, fc.double({ min: 1, max: 10, noNaN: true }), fc.nat({ max: 99 }))
        .map(([a, b, factor, retries]) => ({ baseMs: Math.min(a, b), capMs: Math.max(a, b), factor, retries })),
    ),
    jitter: fc.oneof(fc.constantFrom('full' as const, 'none' as const), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map((overrides) => retryPolicy(overrides));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('decideRetry', () => {
  const policy = retryPolicy({ delayed: [1_000, 1_500] });

  it.each([
    { attempt: 1, expected: { kind: 'retry', delayMs: 1_000, reason: 'boom' } },
    { attempt: 2, expected: { kind: 'retry', delayMs: 1_500, reason: 'boom' } },
    {
      attempt: 3,
      expected: { kind: 'dead-letter', reason: 'AttemptsExhausted', detail: 'Failed 3 times, at last with: boom' },
    },
  ])('a transient error at attempt $attempt becomes $expected.kind', ({ attempt, expected }) => {
    expect(decide(policy, new Error('boom'), attempt)).toEqual(expected);
  });

  it('dead-letters a permanent error at once, with its code and causes', () => {
    const error = new PermanentError('CardExpired', 'The card has expired', { cause: new Error('in 1999') });
    expect(decide(policy, error, 1)).toEqual({
      kind: 'dead-letter',
      reason: 'CardExpired',
      detail: 'The card has expired: in 1999',
    });
  });

  it('says at last whose handler failed, how often, in which trace and why, within the limits of the broker', () => {
    const failed = {
      error: new Error('x'.repeat(9_000)),
      kind: 'transient',
      attempt: 3,
      handler: 'order.place',
      traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
    } as const;
    const { detail } = decideRetry(policy, failed, middle) as { detail: string };
    expect(detail).toMatch(/^The handler of "order.place" failed 3 times \(trace (ab){16}\), at last with: x+$/);
    expect(detail).toHaveLength(4_096);
  });

  it('tries again exactly until the limit of attempts, and runs no handler beyond it', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 200 }), (any, attempt) => {
        const limit = attemptLimit(any);
        expect(decide(any, new Error('boom'), attempt).kind).toBe(attempt < limit ? 'retry' : 'dead-letter');
        expect(exhaustedBefore(any, attempt) === undefined).toBe(attempt <= limit);
      }),
    );
  });
});

describe('backoff', () => {
  it('strays as far as the jitter allows, and never beyond the cap', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), random, (policy, attempt, number) => {
        const nominal = backoff({ ...policy, jitter: 'none' }, attempt, middle);
        const stray = policy.jitter === 'none' ? 0 : policy.jitter === 'full' ? 1 : policy.jitter;
        const actual = backoff(policy, attempt, () => number);
        const capMs = 'capMs' in policy.delayed ? policy.delayed.capMs : LONGEST_DELAY_MS;
        expect(actual).toBeLessThanOrEqual(capMs);
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

describe('retryPolicy', () => {
  it('fills in the defaults, is frozen, and keeps no list of the caller', () => {
    expect(retryPolicy()).toEqual(defaultRetryPolicy);
    const delayed = [1];
    const policy = retryPolicy({ delayed });
    delayed.push(2);
    expect(policy.delayed).toEqual([1]);
    expect([policy, policy.delayed, policy.immediate].every(Object.isFrozen)).toBe(true);
  });

  it('lists every value out of range', () => {
    const delayed = { baseMs: 501, factor: 0.5, capMs: 500, retries: 1.5 };
    expect(() => retryPolicy({ immediate: [0, 5_001], delayed, jitter: NaN })).toThrow(
      'Invalid retry policy: immediate[1] must be from 0 to 5000, not 5001; ' +
        'delayed.baseMs must be from 0 to 500, not 501; delayed.factor must be from 1 to 10, not 0.5; ' +
        'delayed.retries must be a whole number from 0 to 99, not 1.5; jitter must be from 0 to 1, "full" or "none"',
    );
    expect(() => retryPolicy({ immediate: Array<number>(10).fill(0), delayed: Array<number>(100).fill(0) })).toThrow(
      'Invalid retry policy: immediate must have at most 9 values, not 10; delayed must have at most 99 values, not 100.',
    );
  });
});

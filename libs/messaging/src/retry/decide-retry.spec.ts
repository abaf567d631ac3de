import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError } from '../errors.js';
import { policies } from '../testing/arbitrary-policies.js';
import { classify } from './classify.js';
import { decideRetry, exhaustedBefore } from './decide-retry.js';
import { attemptLimit, defaultRetryPolicy, type RetryPolicy, retryPolicy } from './retry-policy.js';

const middle = () => 0.5;
const decide = (policy: RetryPolicy, error: unknown, attempt: number) =>
  decideRetry(policy, { error, kind: classify([], error), attempt }, middle);

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

  it('says at last whose handler failed, how often, in which trace, and why at first and at last', () => {
    const reached = {
      attempt: 3,
      handler: 'order.place',
      traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
      firstFailure: 'no route',
    };
    const where = `(handler of "order.place", trace ${'ab'.repeat(16)}), at first with: no route, at last`;
    const failed = { ...reached, error: new Error('boom'), kind: 'transient' } as const;
    expect(decideRetry(policy, failed, middle)).toMatchObject({ detail: `Failed 3 times ${where} with: boom` });
    expect(exhaustedBefore(policy, { ...reached, attempt: 4 })).toEqual({
      kind: 'dead-letter',
      reason: 'AttemptsExhausted',
      detail: `Not handled at attempt 4 of 3 ${where} without a settlement, by a crash or a lost lock`,
    });
  });

  it('has room for the last failure, however long all the rest is', () => {
    const error = new Error('z'.repeat(9_000));
    const rest = { handler: 'x'.repeat(9_000), firstFailure: 'y'.repeat(9_000), traceparent: 'none' };
    const { detail } = decideRetry(policy, { ...rest, error, kind: 'transient', attempt: 3 }, middle) as {
      detail: string;
    };
    expect(detail).toMatch(/^Failed 3 times \(handler of "x{499}…"\), at first with: y{499}…, at last with: z{1000,}$/);
    expect(detail).toHaveLength(4_096);
  });

  it('tries again exactly until the limit of attempts, and runs no handler beyond it', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 200 }), (any, attempt) => {
        const limit = attemptLimit(any);
        expect(decide(any, new Error('boom'), attempt).kind).toBe(attempt < limit ? 'retry' : 'dead-letter');
        expect(exhaustedBefore(any, { attempt }) === undefined).toBe(attempt <= limit);
      }),
    );
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

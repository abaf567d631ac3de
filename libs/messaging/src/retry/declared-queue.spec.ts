import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { policies } from '../testing/arbitrary-policies.js';
import { backoff } from './backoff.js';
import { declarationProblems, problemsInQueue } from './declared-queue.js';
import { attemptLimit, retryPolicy } from './retry-policy.js';

describe('a policy in a declared queue', () => {
  it('may have more attempts than the queue has deliveries of one copy', () => {
    const policy = retryPolicy({ delayed: Array<number>(99).fill(0) });
    expect(problemsInQueue(policy, { maxDeliveryCount: 7 })).toEqual([]);
    expect(problemsInQueue(policy, { maxDeliveryCount: 6 })).toEqual([
      'the queue gives a copy up after 6 deliveries, and needs 7: ' +
        '3 that end in a crash, 3 that are handed back, and the one that settles it',
    ]);
  });

  it('needs room for no more crashes than it has attempts', () => {
    const once = retryPolicy({ delayed: [] });
    expect(problemsInQueue(once, { maxDeliveryCount: 5 })).toEqual([]);
    expect(problemsInQueue(once, { maxDeliveryCount: 4 })).toHaveLength(1);
  });

  it('ends its longest delays before the message expires, jitter and cap included', () => {
    const listed = retryPolicy({ delayed: [1_000, 2_000], jitter: 0.5 });
    expect(problemsInQueue(listed, { timeToLiveMs: 4_501 })).toEqual([]);
    expect(problemsInQueue(listed, { timeToLiveMs: 4_500 })).toEqual([
      'the delays may last 4500 ms in all, and the queue keeps a message for 4500 ms: shorten them, or raise its time to live',
    ]);
    const capped = retryPolicy({ delayed: { baseMs: 1_000, factor: 10, capMs: 3_000, retries: 4 }, jitter: 0.5 });
    expect(problemsInQueue(capped, { timeToLiveMs: 10_501 })).toEqual([]);
    expect(problemsInQueue(capped, { timeToLiveMs: 10_500 })).toHaveLength(1);
  });

  it('that is accepted never waits longer than the queue keeps a message, whatever the jitter', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policies, fc.integer({ min: 1 }), random, (policy, timeToLiveMs, number) => {
        fc.pre(problemsInQueue(policy, { timeToLiveMs }).length === 0);
        let waited = 0;
        for (let attempt = 1; attempt < attemptLimit(policy); attempt++) {
          waited += backoff(policy, attempt, () => number);
        }
        expect(waited).toBeLessThan(timeToLiveMs);
      }),
    );
  });

  it('is not compared with what is not declared', () => {
    expect(problemsInQueue(retryPolicy(), {})).toEqual([]);
    expect(problemsInQueue(retryPolicy(), { timeToLiveMs: undefined, maxDeliveryCount: undefined })).toEqual([]);
    expect(declarationProblems({})).toEqual([]);
  });
});

it('a declaration out of range is refused, every value at once', () => {
  expect(declarationProblems({ lockDurationMs: 300_001, timeToLiveMs: 0, maxDeliveryCount: 1.5 })).toEqual([
    'lockDurationMs must be from 5000 to 300000, not 300001',
    'timeToLiveMs must be 1 or more, not 0',
    'maxDeliveryCount must be a whole number from 1 to 2000, not 1.5',
  ]);
});

import { describe, expect, it } from '@jest/globals';
import { retryPolicyOf } from './retry-policy-of.js';

describe('the retry policy of the variables', () => {
  it("has the library's delays when no variable names any", () => {
    expect(retryPolicyOf({ IMMEDIATE_ATTEMPTS: 3 })).toEqual({ immediate: [100, 200] });
  });

  it('has the delays of a list', () => {
    expect(retryPolicyOf({ IMMEDIATE_ATTEMPTS: 1, RETRY_DELAYS: [1, 2] })).toEqual({ immediate: [], delayed: [1, 2] });
  });

  it.each([
    [{ MAX_ATTEMPTS: 3 }, { baseMs: 1_000, capMs: 300_000, retries: 2 }],
    [{ RETRY_BASE_DELAY: 0 }, { baseMs: 0, capMs: 300_000, retries: 7 }],
    [{ RETRY_MAX_DELAY: 10 }, { baseMs: 10, capMs: 10, retries: 7 }],
  ])('is exponential for %p', (variables, expected) => {
    const { delayed } = retryPolicyOf({ IMMEDIATE_ATTEMPTS: 1, ...variables });
    expect(delayed).toEqual({ factor: 2, ...expected });
  });

  it('refuses variables that contradict each other', () => {
    const both = { IMMEDIATE_ATTEMPTS: 1, RETRY_DELAYS: [1], MAX_ATTEMPTS: 2, RETRY_BASE_DELAY: 0 };
    expect(() => retryPolicyOf(both)).toThrow('so that MAX_ATTEMPTS, RETRY_BASE_DELAY cannot be set as well');
    const reversed = { IMMEDIATE_ATTEMPTS: 1, RETRY_BASE_DELAY: 11, RETRY_MAX_DELAY: 10 };
    expect(() => retryPolicyOf(reversed)).toThrow('RETRY_BASE_DELAY is 11 ms, more than RETRY_MAX_DELAY, 10 ms');
  });
});

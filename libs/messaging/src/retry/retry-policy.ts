import { rangeProblems, withDefaults } from '../resolve-options.js';

/** How often and how late a failed delivery is tried again. */
export interface RetryPolicy {
  /** Tries inside one delivery, under one lock, before the failure counts; 1 to 10. Default 3. */
  readonly immediateAttempts: number;
  /** Pause before the second immediate try in ms, doubled for each further one; 0 to 5,000. Default 100. */
  readonly immediateDelayMs: number;
  /** Deliveries in all before the message is dead-lettered; 1 to 100. Default 8. */
  readonly maxAttempts: number;
  /** Delay before the second delivery in ms, doubled for each further one; 0 to `maxDelayMs`. Default 1,000. */
  readonly baseDelayMs: number;
  /** The longest delay before jitter in ms; at most 7 days. Default 300,000 (5 minutes). */
  readonly maxDelayMs: number;
  /** How far a delay strays from its value to either side, as a part of it; 0 to 1. Default 0.25. */
  readonly jitter: number;
}

export const defaultRetryPolicy: RetryPolicy = Object.freeze({
  immediateAttempts: 3,
  immediateDelayMs: 100,
  maxAttempts: 8,
  baseDelayMs: 1_000,
  maxDelayMs: 300_000,
  jitter: 0.25,
});

const WEEK_MS = 7 * 24 * 3_600_000;

/**
 * Fills in the defaults, also for what is `undefined`, and checks the ranges.
 * @throws RangeError that lists every value out of range
 */
export function retryPolicy(overrides: Partial<RetryPolicy> = {}): RetryPolicy {
  const policy = withDefaults(overrides, defaultRetryPolicy);
  const problems = rangeProblems(policy, {
    immediateAttempts: { min: 1, max: 10, whole: true },
    immediateDelayMs: { min: 0, max: 5_000 },
    maxAttempts: { min: 1, max: 100, whole: true },
    maxDelayMs: { min: 0, max: WEEK_MS },
    baseDelayMs: { min: 0, max: policy.maxDelayMs },
    jitter: { min: 0, max: 1 },
  });
  if (problems.length > 0) throw new RangeError(`Invalid retry policy: ${problems.join('; ')}.`);
  return policy;
}

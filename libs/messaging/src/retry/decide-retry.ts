import { explain, PermanentError } from '../errors.js';
import type { Settlement } from '../transport.js';
import type { RetryPolicy } from './retry-policy.js';

/** The reason of a dead letter whose attempts ran out. */
const ATTEMPTS_EXHAUSTED = 'AttemptsExhausted';

/**
 * What becomes of a delivery whose handler failed. Pure: the same arguments give the same settlement.
 * @param attempt the delivery's attempt, 1 or more
 * @param random answers a number from 0 (inclusive) to 1 (exclusive)
 */
export function decideRetry(policy: RetryPolicy, error: unknown, attempt: number, random: () => number): Settlement {
  if (error instanceof PermanentError) {
    return { kind: 'dead-letter', reason: error.code, detail: explain(error) };
  }
  if (attempt >= policy.maxAttempts) {
    return {
      kind: 'dead-letter',
      reason: ATTEMPTS_EXHAUSTED,
      detail: `Failed ${attempt} times, at last with: ${explain(error)}`,
    };
  }
  return { kind: 'retry', delayMs: backoff(policy, attempt, random), reason: explain(error) };
}

/** The delay after the given attempt: doubled each time, capped, then jittered so that failures do not return together. */
export function backoff(policy: RetryPolicy, attempt: number, random: () => number): number {
  const capped = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  const stray = 1 + policy.jitter * (2 * random() - 1);
  return Math.round(capped * stray);
}

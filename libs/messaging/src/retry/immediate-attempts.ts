import { PermanentError } from '../errors.js';
import type { RetryPolicy } from './retry-policy.js';

/** Waits that long, or until the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Runs `work` until it succeeds, at most `immediateAttempts` times. A permanent error, an abort or the last failure is
 * passed on.
 */
export async function withImmediateAttempts(
  policy: RetryPolicy,
  signal: AbortSignal,
  pause: Pause,
  work: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const final = error instanceof PermanentError || signal.aborted || attempt >= policy.immediateAttempts;
      if (final) throw error;
      await pause(policy.immediateDelayMs * 2 ** (attempt - 1), signal);
      if (signal.aborted) throw error;
    }
  }
}

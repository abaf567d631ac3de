import { isList, LONGEST_DELAY_MS, type RetryPolicy } from './retry-policy.js';

/**
 * The delay in ms after the given attempt, jittered. It is spread evenly over what the jitter allows below the cap, so
 * that delays at the cap do not pile up on it. Past the end of a list its last delay holds.
 */
export function backoff(policy: RetryPolicy, attempt: number, random: () => number): number {
  const [from, to] = delayRange(policy, attempt);
  return Math.min(longestOf(policy), Math.round(from + (to - from) * random()));
}

/** The longest that {@link backoff} answers after the given attempt, in ms. */
export function longestBackoff(policy: RetryPolicy, attempt: number): number {
  const [, to] = delayRange(policy, attempt);
  return Math.min(longestOf(policy), Math.round(to));
}

function delayRange({ delayed, jitter }: RetryPolicy, attempt: number): readonly [from: number, to: number] {
  const capMs = isList(delayed) ? LONGEST_DELAY_MS : delayed.capMs;
  const delayMs = isList(delayed)
    ? (delayed[attempt - 1] ?? delayed.at(-1) ?? 0)
    : Math.min(capMs, delayed.baseMs * delayed.factor ** (attempt - 1));
  if (jitter === 'none') return [delayMs, delayMs];
  return jitter === 'full' ? [0, delayMs] : [delayMs * (1 - jitter), Math.min(capMs, delayMs * (1 + jitter))];
}

/** In whole milliseconds, as delays are. */
function longestOf({ delayed }: RetryPolicy): number {
  return isList(delayed) ? LONGEST_DELAY_MS : Math.floor(delayed.capMs);
}

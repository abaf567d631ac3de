import { explain, PermanentError } from '../errors.js';
import type { Settlement } from '../transport.js';
import type { FailureKind } from './classify.js';
import { attemptLimit, isList, LONGEST_DELAY_MS, type RetryPolicy } from './retry-policy.js';

/** The reason of a dead letter whose attempts ran out. */
const ATTEMPTS_EXHAUSTED = 'AttemptsExhausted';
/** The reason of a dead letter whose error a rule calls permanent, and that has no code of ours. */
const PERMANENT_FAILURE = 'PermanentFailure';

/** The longest description of a dead letter that Service Bus takes, in UTF-16 code units. */
const MAX_DESCRIPTION = 4_096;

/** One failed attempt of a delivery. */
export interface FailedAttempt {
  readonly error: unknown;
  readonly kind: FailureKind;
  /** The delivery's attempt, 1 or more. */
  readonly attempt: number;
  /** The message type whose handler failed; left out of the dead letter when absent. */
  readonly handler?: string;
  /** The message's W3C `traceparent`, whose trace id the dead letter then names. */
  readonly traceparent?: string | undefined;
}

/**
 * What becomes of a delivery whose handler failed. Pure: the same arguments give the same settlement.
 * @param random answers a number from 0 (inclusive) to 1 (exclusive)
 */
export function decideRetry(policy: RetryPolicy, failed: FailedAttempt, random: () => number): Settlement {
  const { error, kind, attempt } = failed;
  if (kind === 'permanent') {
    const reason = error instanceof PermanentError ? error.code : PERMANENT_FAILURE;
    return { kind: 'dead-letter', reason, detail: explain(error) };
  }
  if (attempt >= attemptLimit(policy)) return exhausted(describe(failed));
  return { kind: 'retry', delayMs: backoff(policy, attempt, random), reason: explain(error) };
}

/**
 * The dead letter of a delivery that comes after the last attempt: those before ended without a settlement, because the
 * process died or the lock was lost. Undefined while attempts are left.
 */
export function exhaustedBefore(policy: RetryPolicy, attempt: number): Settlement | undefined {
  const limit = attemptLimit(policy);
  if (attempt <= limit) return undefined;
  return exhausted(
    `Attempt ${attempt} of ${limit}: not handled again. An attempt before ended without a settlement, by a crash or a lost lock.`,
  );
}

/** What is known comes before the error's text, which is cut where Service Bus would refuse the description. */
function describe({ error, attempt, handler, traceparent }: FailedAttempt): string {
  const who = handler === undefined ? 'Failed' : `The handler of "${handler}" failed`;
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1];
  const trace = traceId === undefined ? '' : ` (trace ${traceId})`;
  return `${who} ${attempt} times${trace}, at last with: ${explain(error)}`.slice(0, MAX_DESCRIPTION);
}

function exhausted(detail: string): Settlement {
  return { kind: 'dead-letter', reason: ATTEMPTS_EXHAUSTED, detail };
}

/**
 * The delay in ms after the given attempt, jittered. It is spread evenly over what the jitter allows below the cap, so
 * that delays at the cap do not pile up on it. Past the end of a list its last delay holds.
 */
export function backoff({ delayed, jitter }: RetryPolicy, attempt: number, random: () => number): number {
  const capMs = isList(delayed) ? LONGEST_DELAY_MS : delayed.capMs;
  const delayMs = isList(delayed)
    ? (delayed[attempt - 1] ?? delayed.at(-1) ?? 0)
    : Math.min(capMs, delayed.baseMs * delayed.factor ** (attempt - 1));
  if (jitter === 'none') return Math.round(delayMs);
  const [from, to] =
    jitter === 'full' ? [0, delayMs] : [delayMs * (1 - jitter), Math.min(capMs, delayMs * (1 + jitter))];
  return Math.min(Math.floor(capMs), Math.round(from + (to - from) * random()));
}

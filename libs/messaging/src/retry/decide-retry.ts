import { explain, PermanentError } from '../errors.js';
import type { Settlement } from '../transport.js';
import type { FailureKind } from './classify.js';
import { backoff } from './backoff.js';
import { attemptLimit, type RetryPolicy } from './retry-policy.js';

/** The reason of a dead letter whose attempts ran out. */
const ATTEMPTS_EXHAUSTED = 'AttemptsExhausted';
/** The reason of a dead letter whose error a rule calls permanent, and that has no code of ours. */
const PERMANENT_FAILURE = 'PermanentFailure';

/** The longest description of a dead letter that Service Bus takes, in UTF-16 code units. */
const MAX_DESCRIPTION = 4_096;
/** How much of it another text than the last failure's may take. */
const MAX_EXCERPT = 500;

/** How far a delivery has come, and what its dead letter says of the way; what is absent is left out of it. */
export interface ReachedAttempt {
  /** The delivery's attempt, 1 or more. */
  readonly attempt: number;
  /** The message type whose handler it is for. */
  readonly handler?: string | undefined;
  /** The message's W3C `traceparent`, whose trace id the dead letter then names. */
  readonly traceparent?: string | undefined;
  /** Why it was first asked to be delivered again. */
  readonly firstFailure?: string | undefined;
  /** How many attempts the message has at most, whatever the policy has. */
  readonly maxAttempts?: number | undefined;
}

/** One failed attempt of a delivery. */
export interface FailedAttempt extends ReachedAttempt {
  readonly error: unknown;
  readonly kind: FailureKind;
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
  if (attempt >= limitOf(policy, failed)) return describeFailures(failed);
  return { kind: 'retry', delayMs: backoff(policy, attempt, random), reason: explain(error) };
}

/**
 * The dead letter of a delivery that comes after the last attempt: those before ended without a settlement, because the
 * process died or the lock was lost. Undefined while attempts are left.
 */
export function exhaustedBefore(policy: RetryPolicy, reached: ReachedAttempt): Settlement | undefined {
  const limit = limitOf(policy, reached);
  if (reached.attempt <= limit) return undefined;
  return exhausted(`Not handled at attempt ${reached.attempt} of ${limit}`, reached, {
    last: 'without a settlement, by a crash or a lost lock',
  });
}

/** Whoever sends a message may lower the limit, and not raise it. */
function limitOf(policy: RetryPolicy, { maxAttempts = Infinity }: ReachedAttempt): number {
  return Math.min(attemptLimit(policy), maxAttempts);
}

function describeFailures({ error, attempt, ...reached }: FailedAttempt): Settlement {
  const times = attempt === 1 ? 'once' : `${attempt} times`;
  return exhausted(`Failed ${times}`, { attempt, ...reached }, { last: `with: ${explain(error)}` });
}

/** What is known comes before the last failure's text, which is cut where Service Bus would refuse the description. */
function exhausted(what: string, reached: ReachedAttempt, { last }: { readonly last: string }): Settlement {
  const { handler, traceparent, firstFailure } = reached;
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1];
  const known = [
    ...(handler === undefined ? [] : [`handler of "${excerpt(handler)}"`]),
    ...(traceId === undefined ? [] : [`trace ${traceId}`]),
  ];
  const where = known.length === 0 ? '' : ` (${known.join(', ')})`;
  const first = firstFailure === undefined ? '' : `, at first with: ${excerpt(firstFailure)}`;
  const detail = `${what}${where}${first}, at last ${last}`;
  return { kind: 'dead-letter', reason: ATTEMPTS_EXHAUSTED, detail: detail.slice(0, MAX_DESCRIPTION) };
}

/** So much that there is always room for what follows. */
function excerpt(text: string): string {
  return text.length <= MAX_EXCERPT ? text : `${text.slice(0, MAX_EXCERPT - 1)}…`;
}

import { rangeProblems } from '../resolve-options.js';
import { longestBackoff } from './backoff.js';
import { attemptLimit, LONGEST_SESSION_DELAY_MS, type RetryPolicy } from './retry-policy.js';

/**
 * What is declared of a queue, so that a policy that cannot hold there is refused at start: a consumer has no right to
 * ask the broker. What is absent is not checked.
 */
export interface DeclaredQueue {
  /** How long a lock lasts unless it is renewed, in ms; 5,000 to 300,000. */
  readonly lockDurationMs?: number | undefined;
  /** How long the queue keeps a message, in ms; more than 0. */
  readonly timeToLiveMs?: number | undefined;
  /** After how many deliveries of one copy the broker dead-letters it; 1 to 2,000. */
  readonly maxDeliveryCount?: number | undefined;
  /** Whether it requires sessions: a message that is tried again waits in its session there. */
  readonly requiresSession?: boolean | undefined;
}

/** Deliveries of one copy that may end unsettled. More than that is a message that kills its process. */
const CRASHES_OF_A_COPY = 3;
/** Deliveries of one copy that may be handed back unhandled: stops and deployments while it is in hand. */
const RELEASES_OF_A_COPY = 3;

/**
 * Why `policy` cannot hold in `queue`, in words; empty when it can.
 *
 * - The broker counts the deliveries of each copy from zero, so its limit needs no room for all attempts: only for the
 *   crashes and releases of one copy, and for the delivery that settles it.
 * - All delays together must end before the message expires, as if its copies kept the expiry of the first.
 *
 * - Where a session waits with its message, no delay is longer than a minute, before jitter.
 *
 * The time limit of a handler is no part of it: a lock is renewed for as long as the handler runs.
 */
export function problemsInQueue(policy: RetryPolicy, queue: DeclaredQueue): string[] {
  return [...countProblems(policy, queue), ...expiryProblems(policy, queue), ...sessionProblems(policy, queue)];
}

/** What is wrong with the declaration itself. A lock is renewed half-way: a shorter one has no time for a second try. */
export function declarationProblems({ lockDurationMs, timeToLiveMs, maxDeliveryCount }: DeclaredQueue): string[] {
  const values = {
    lockDurationMs: lockDurationMs ?? 60_000,
    timeToLiveMs: timeToLiveMs ?? 1,
    maxDeliveryCount: maxDeliveryCount ?? 1,
  };
  return rangeProblems(values, {
    lockDurationMs: { min: 5_000, max: 300_000 },
    timeToLiveMs: { min: 1 },
    maxDeliveryCount: { min: 1, max: 2_000, whole: true },
  });
}

function countProblems(policy: RetryPolicy, { maxDeliveryCount }: DeclaredQueue): string[] {
  const crashes = Math.min(attemptLimit(policy), CRASHES_OF_A_COPY);
  const needed = crashes + RELEASES_OF_A_COPY + 1;
  if (maxDeliveryCount === undefined || maxDeliveryCount >= needed) return [];
  return [
    `the queue gives a copy up after ${maxDeliveryCount} deliveries, and needs ${needed}: ` +
      `${crashes} that end in a crash, ${RELEASES_OF_A_COPY} that are handed back, and the one that settles it`,
  ];
}

function sessionProblems(policy: RetryPolicy, { requiresSession = false }: DeclaredQueue): string[] {
  if (!requiresSession) return [];
  const withoutJitter = { ...policy, jitter: 'none' as const };
  const delays = Array.from({ length: attemptLimit(policy) - 1 }, (_, index) =>
    longestBackoff(withoutJitter, index + 1),
  );
  const longestMs = Math.max(0, ...delays);
  if (longestMs <= LONGEST_SESSION_DELAY_MS) return [];
  return [
    `a delay lasts ${longestMs} ms, and the queue's sessions wait with their message: ` +
      `give at most ${LONGEST_SESSION_DELAY_MS} ms`,
  ];
}

function expiryProblems(policy: RetryPolicy, { timeToLiveMs }: DeclaredQueue): string[] {
  const delays = Array.from({ length: attemptLimit(policy) - 1 }, (_, index) => longestBackoff(policy, index + 1));
  const longestMs = delays.reduce((sum, delayMs) => sum + delayMs, 0);
  if (timeToLiveMs === undefined || longestMs < timeToLiveMs) return [];
  return [
    `the delays may last ${longestMs} ms in all, and the queue keeps a message for ${timeToLiveMs} ms: ` +
      'shorten them, or raise its time to live',
  ];
}

import {
  type DeclaredQueue,
  declarationProblems,
  defaultRetryPolicy,
  problemsInQueue,
  retryPolicy,
  type RetryPolicy,
  sessionRetryPolicy,
} from '@orderflow/messaging';
import type { z } from 'zod';

/** The variables that a retry policy is made of, and what is declared of the queue; what is absent has its default. */
export interface RetryConfig {
  readonly IMMEDIATE_ATTEMPTS: number;
  /** In ms. */
  readonly RETRY_DELAYS?: readonly number[] | undefined;
  readonly MAX_ATTEMPTS?: number | undefined;
  /** In ms. */
  readonly RETRY_BASE_DELAY?: number | undefined;
  /** In ms. */
  readonly RETRY_MAX_DELAY?: number | undefined;
  /** In ms. */
  readonly QUEUE_LOCK_DURATION?: number | undefined;
  /** In ms. */
  readonly QUEUE_TIME_TO_LIVE?: number | undefined;
  readonly QUEUE_MAX_DELIVERY_COUNT?: number | undefined;
  /** Whether the queue has sessions: then a session waits with a message that is tried again. */
  readonly ORDERED?: boolean | undefined;
}

/** What an exponential schedule has where its variables say nothing. */
const exponential = { MAX_ATTEMPTS: 8, RETRY_BASE_DELAY: 1_000, RETRY_MAX_DELAY: 300_000 } as const;
const names = Object.keys(exponential) as (keyof typeof exponential)[];

/**
 * The retry policy that the variables ask for: the delays of `RETRY_DELAYS`, or exponential ones as soon as one of
 * `MAX_ATTEMPTS`, `RETRY_BASE_DELAY` and `RETRY_MAX_DELAY` is set; the library's default when none is. Of variables that
 * contradict each other, which {@link requireRetryPolicy} refuses, a list wins, and the cap over the base.
 */
export function retryPolicyOf(config: RetryConfig): Partial<RetryPolicy> {
  const immediate = Array.from({ length: config.IMMEDIATE_ATTEMPTS - 1 }, (_, index) =>
    Math.min(5_000, 100 * 2 ** index),
  );
  if (config.RETRY_DELAYS) return { immediate, delayed: config.RETRY_DELAYS };
  if (exponentialNames(config).length === 0) return { immediate };
  const { MAX_ATTEMPTS = exponential.MAX_ATTEMPTS, RETRY_MAX_DELAY: capMs = exponential.RETRY_MAX_DELAY } = config;
  const baseMs = Math.min(config.RETRY_BASE_DELAY ?? exponential.RETRY_BASE_DELAY, capMs);
  return { immediate, delayed: { baseMs, factor: 2, capMs, retries: MAX_ATTEMPTS - 1 } };
}

/** What the variables declare of the service's queue. */
export function declaredQueueOf(config: RetryConfig): DeclaredQueue {
  return {
    lockDurationMs: config.QUEUE_LOCK_DURATION,
    timeToLiveMs: config.QUEUE_TIME_TO_LIVE,
    maxDeliveryCount: config.QUEUE_MAX_DELIVERY_COUNT,
    requiresSession: config.ORDERED,
  };
}

/** Why the variables make no policy that holds in their queue, in words; empty when they do. */
export function retryProblems(config: RetryConfig): readonly string[] {
  const contradictions = [...listAndSchedule(config), ...baseAboveCap(config)];
  if (contradictions.length > 0) return contradictions;
  const queue = declaredQueueOf(config);
  const usual = config.ORDERED === true ? sessionRetryPolicy : defaultRetryPolicy;
  const policy = retryPolicy(retryPolicyOf(config), usual);
  const problems = [...declarationProblems(queue), ...problemsInQueue(policy, queue)];
  return problems.map((problem) => `Retries and QUEUE_… do not go together: ${problem}`);
}

/** Adds the rule that the variables of a retry policy agree; for schemas with the variables of a consumer. */
export function requireRetryPolicy<S extends z.ZodObject>(schema: S): S {
  return schema.superRefine(
    (env, context) => {
      // A variable with a problem of its own has no value to compare.
      const wrong = new Set(context.issues.map(({ path }) => path?.[0]));
      const usable = Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.has(name)));
      for (const message of retryProblems({ IMMEDIATE_ATTEMPTS: 1, ...usable })) {
        context.addIssue({ code: 'custom', message });
      }
    },
    { when: () => true },
  ) as S;
}

function listAndSchedule(config: RetryConfig): string[] {
  const given = exponentialNames(config);
  if (!config.RETRY_DELAYS || given.length === 0) return [];
  return [`RETRY_DELAYS lists every delay, so that ${given.join(', ')} cannot be set as well`];
}

function baseAboveCap({ RETRY_BASE_DELAY, RETRY_MAX_DELAY = exponential.RETRY_MAX_DELAY }: RetryConfig): string[] {
  if (RETRY_BASE_DELAY === undefined || RETRY_BASE_DELAY <= RETRY_MAX_DELAY) return [];
  return [`RETRY_BASE_DELAY is ${RETRY_BASE_DELAY} ms, more than RETRY_MAX_DELAY, ${RETRY_MAX_DELAY} ms`];
}

function exponentialNames(config: RetryConfig): readonly string[] {
  return names.filter((name) => config[name] !== undefined);
}

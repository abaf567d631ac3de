import { explain } from './errors.js';
import type { HandlerRun, Handling, Handlings, WasHandled } from './handling.js';
import { rangeProblems, withDefaults } from './resolve-options.js';
import type { FailureRule } from './retry/classify.js';
import { type DeclaredQueue, declarationProblems, problemsInQueue } from './retry/declared-queue.js';
import { defaultRetryPolicy, type RetryPolicy, retryPolicy, sessionRetryPolicy } from './retry/retry-policy.js';
import type { SessionOptions } from './transport.js';

/** A handler with everything that is decided about it before the first delivery. */
export interface PlannedHandling {
  readonly handler: HandlerRun;
  readonly policy: RetryPolicy;
  /** How long one run of the handler may take, in ms. */
  readonly timeoutMs: number;
  /** The handler's rules, then the consumer's. */
  readonly failures: readonly FailureRule[];
  readonly wasHandled?: WasHandled;
}

const defaultOptions = Object.freeze({ timeoutMs: 300_000, failures: [] as readonly FailureRule[] });
const DAY_MS = 86_400_000;

/** The consumer's part of the plans. */
export interface PlanOptions {
  readonly policy?: Partial<RetryPolicy>;
  readonly policyByType?: Readonly<Record<string, Partial<RetryPolicy>>>;
  readonly failures?: readonly FailureRule[];
  readonly declared?: DeclaredQueue;
  /** Present where the queue's messages come by session. */
  readonly sessions?: SessionOptions | undefined;
}

/**
 * The plan of each message type: of each value of a policy the handler's wins, then the message type's, then the
 * consumer's, then the default.
 * @throws RangeError that lists the problems of every policy, those it has in the declared queue among them
 */
export function planHandlings(handlings: Handlings, options: PlanOptions): ReadonlyMap<string, PlannedHandling> {
  const { policy, policyByType = {} } = options;
  const requiresSession = options.sessions !== undefined;
  const declared = { ...options.declared, requiresSession };
  const usual = requiresSession ? sessionRetryPolicy : defaultRetryPolicy;
  const problems = declarationProblems(declared).map((problem) => `For the declared queue: ${problem}.`);
  const base = orProblem(problems, 'the consumer', () => retryPolicy(policy, usual)) ?? usual;
  const plans = [...handlings].map(([type, handling]) => {
    const ofType = orProblem(problems, `message type "${type}"`, () => retryPolicy(policyByType[type], base)) ?? base;
    const own = orProblem(problems, `the handler of "${type}"`, () => retryPolicy(handling.options.retry, ofType));
    const timeout = rangeProblems(withDefaults(handling.options, defaultOptions), {
      timeoutMs: { min: 1, max: DAY_MS },
    });
    const inQueue = problemsInQueue(own ?? ofType, declared);
    problems.push(...[...timeout, ...inQueue].map((problem) => `For the handler of "${type}": ${problem}.`));
    return [type, plan(handling, own ?? ofType, options.failures ?? [])] as const;
  });
  const unknown = Object.keys(policyByType).filter((type) => !handlings.has(type));
  problems.push(...unknown.map((type) => `message type "${type}" has a retry policy and no handler`));
  if (problems.length > 0) throw new RangeError(problems.join(' '));
  return new Map(plans);
}

function plan(handling: Handling, policy: RetryPolicy, failures: readonly FailureRule[]): PlannedHandling {
  const { handler, wasHandled } = handling;
  const { timeoutMs, failures: own } = withDefaults(handling.options, defaultOptions);
  const all = Object.freeze([...own, ...failures]);
  return Object.freeze({ handler, policy, timeoutMs, failures: all, ...(wasHandled && { wasHandled }) });
}

function orProblem(problems: string[], whose: string, resolve: () => RetryPolicy): RetryPolicy | undefined {
  try {
    return resolve();
  } catch (error) {
    problems.push(`For ${whose}: ${explain(error)}`);
    return undefined;
  }
}

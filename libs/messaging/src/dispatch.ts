import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.js';
import { explain, PermanentError } from './errors.js';
import type { PlannedHandling } from './handling-plan.js';
import type { Message } from './message.js';
import type { MessageReader } from './message-reader.js';
import { assess, type Failure, type FailureKind } from './retry/classify.js';
import { decideRetry, exhaustedBefore, type ReachedAttempt } from './retry/decide-retry.js';
import { type Pause, tryAgainAtOnce } from './retry/immediate-attempts.js';
import { retryPolicy } from './retry/retry-policy.js';
import { systemClock } from './system-clock.js';
import { HandlerTimeoutError, TimeLimits } from './time-limit.js';
import type { Consume, Delivery, Settlement } from './transport.js';

export interface DispatchOptions {
  readonly read: MessageReader;
  readonly handlers: ReadonlyMap<string, PlannedHandling>;
  /** Source of jitter; `Math.random` by default. */
  readonly random?: () => number;
  /** Waits between immediate attempts; real time by default. */
  readonly pause?: Pause;
  /** Measures the time limits of handlers; the system's by default. */
  readonly clock?: Clock;
}

/** How one run of a delivery's handler ended. */
export interface Outcome {
  /** What becomes of the delivery when its failure, if it is one, counts as its own. */
  readonly settlement: Settlement;
  /** Absent when it was handled, was spent before, or had to be given up. */
  readonly failure?: Failure;
  /** What went wrong, for people. */
  readonly detail?: string;
}

/** The main path of every delivery: read the message, find its handler, run it, settle. Never rejects. */
export function createDispatch(options: DispatchOptions): Consume {
  const run = createRun(options);
  return async (delivery) => (await run(delivery)).settlement;
}

/** The main path up to the settlement, which is left to who knows whether a dependency is away. Never rejects. */
export function createRun(options: DispatchOptions): (delivery: Delivery) => Promise<Outcome> {
  const { read, handlers, random = Math.random, pause = pauseFor, clock = systemClock } = options;
  const limits = new TimeLimits(clock);
  return async (delivery) => {
    let planned: FailureHandling = unread;
    try {
      const message = read(delivery.envelope);
      const handling = handlingOf(handlers, message);
      planned = handling;
      const { handler, policy, timeoutMs } = handling;
      const spent = delivery.attempt > 1 && exhaustedBefore(policy, reachedBy(delivery, message.type));
      // One whose effect is there was not settled: that is all that it still needs.
      if (spent) return { settlement: (await handling.wasHandled?.(message)) ? complete : spent };
      const judge = (error: unknown): FailureKind => assess(handling.failures, error).kind;
      const run = (): Promise<void> => limits.run(timeoutMs, delivery, (limited) => handler(message, limited, judge));
      try {
        await run();
      } catch (error) {
        if (policy.immediate.length === 0) throw error;
        const isFinal = (failure: unknown): boolean => isFinalFailure(handling, failure);
        await tryAgainAtOnce(error, policy.immediate, isFinal, delivery, pause, run);
      }
      return handled;
    } catch (error) {
      return outcomeOf(error, delivery, planned, random);
    }
  };
}

const complete: Settlement = Object.freeze({ kind: 'complete' });
const handled: Outcome = Object.freeze({ settlement: complete });

type FailureHandling = Pick<PlannedHandling, 'policy' | 'failures'>;

/** What failed before its handler was found: whatever the reader throws is permanent. */
const unread: FailureHandling = { policy: retryPolicy(), failures: [] };

function handlingOf(handlers: DispatchOptions['handlers'], { type }: Message): PlannedHandling {
  const handling = handlers.get(type);
  if (handling) return handling;
  throw new PermanentError(
    'UnhandledType',
    `No handler for "${type}" here; handled are ${[...handlers.keys()].sort().join(', ')}.`,
  );
}

function outcomeOf(error: unknown, delivery: Delivery, handling: FailureHandling, random: () => number): Outcome {
  const failure = assess(handling.failures, error);
  if (delivery.signal.aborted && failure.kind !== 'permanent') return { settlement: { kind: 'release' } };
  const reached = { ...reachedBy(delivery, delivery.envelope.type), error, kind: failure.kind };
  return { settlement: decideRetry(handling.policy, reached, random), failure, detail: explain(error) };
}

function reachedBy({ attempt, firstFailure, maxAttempts, envelope }: Delivery, handler: string): ReachedAttempt {
  return { attempt, firstFailure, maxAttempts, handler, traceparent: envelope.headers['traceparent'] };
}

/** Whether trying again at once can do no good: it never will, or what is away asked to be left alone. */
function isFinalFailure({ failures }: FailureHandling, error: unknown): boolean {
  // After a timeout the handler may still run: a second one beside it would be a second attempt at the same time.
  if (error instanceof HandlerTimeoutError) return true;
  const { kind, retryAfterMs } = assess(failures, error);
  return kind === 'permanent' || retryAfterMs !== undefined;
}

/** Ends early, without an error, when the signal aborts. */
async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

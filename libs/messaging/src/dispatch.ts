import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.js';
import { PermanentError } from './errors.js';
import type { PlannedHandling } from './handling-plan.js';
import type { Message } from './message.js';
import type { MessageReader } from './message-reader.js';
import { classify, type FailureKind } from './retry/classify.js';
import { decideRetry, exhaustedBefore } from './retry/decide-retry.js';
import { type Pause, withImmediateAttempts } from './retry/immediate-attempts.js';
import { retryPolicy } from './retry/retry-policy.js';
import { systemClock } from './system-clock.js';
import { HandlerTimeoutError, withinTimeLimit } from './time-limit.js';
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

/** The main path of every delivery: read the message, find its handler, run it, settle. Never rejects. */
export function createDispatch(options: DispatchOptions): Consume {
  const { read, handlers, random = Math.random, pause = pauseFor, clock = systemClock } = options;
  return async (delivery) => {
    let planned: FailureHandling = unread;
    try {
      const message = read(delivery.envelope);
      const handling = handlingOf(handlers, message);
      planned = handling;
      const { handler, policy, timeoutMs } = handling;
      const spent = exhaustedBefore(policy, delivery.attempt);
      if (spent) return spent;
      // After a timeout the handler may still run: a second one beside it would be a second attempt at the same time.
      const isFinal = (error: unknown): boolean =>
        error instanceof HandlerTimeoutError || kindOf(handling, error) === 'permanent';
      const run = (): Promise<void> =>
        withinTimeLimit(timeoutMs, clock, delivery, (limited) => handler(message, limited));
      await withImmediateAttempts(policy.immediate, isFinal, delivery.signal, pause, run);
      return { kind: 'complete' };
    } catch (error) {
      return settlementOf(error, delivery, planned, random);
    }
  };
}

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

function settlementOf(error: unknown, delivery: Delivery, handling: FailureHandling, random: () => number): Settlement {
  const kind = kindOf(handling, error);
  if (delivery.signal.aborted && kind !== 'permanent') return { kind: 'release' };
  const { type, headers } = delivery.envelope;
  return decideRetry(
    handling.policy,
    { error, kind, attempt: delivery.attempt, handler: type, traceparent: headers['traceparent'] },
    random,
  );
}

/** THE place where an absent dependency is a transient failure like any other: nothing here can wait for its return. */
function kindOf({ failures }: FailureHandling, error: unknown): FailureKind {
  const kind = classify(failures, error);
  return kind === 'dependency-away' ? 'transient' : kind;
}

/** Ends early, without an error, when the signal aborts. */
async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

import { setTimeout as delay } from 'node:timers/promises';
import { PermanentError } from './errors.js';
import type { Handling, Handlings } from './handling.js';
import type { Message } from './message.js';
import type { MessageReader } from './message-reader.js';
import { decideRetry } from './retry/decide-retry.js';
import { withImmediateAttempts, type Pause } from './retry/immediate-attempts.js';
import type { RetryPolicy } from './retry/retry-policy.js';
import type { Consume, Delivery, Settlement } from './transport.js';

export interface DispatchOptions {
  readonly read: MessageReader;
  readonly handlers: Handlings;
  readonly policy: RetryPolicy;
  /** Source of jitter; `Math.random` by default. */
  readonly random?: () => number;
  /** Waits between immediate attempts; real time by default. */
  readonly pause?: Pause;
}

/** The main path of every delivery: read the message, find its handler, run it, settle. Never rejects. */
export function createDispatch(options: DispatchOptions): Consume {
  const { read, handlers, policy, random = Math.random, pause = pauseFor } = options;
  return async (delivery) => {
    try {
      const message = read(delivery.envelope);
      const { handler } = handlingOf(handlers, message);
      await withImmediateAttempts(policy, delivery.signal, pause, () => handler(message, delivery));
      return { kind: 'complete' };
    } catch (error) {
      return settlementOf(error, delivery, policy, random);
    }
  };
}

function handlingOf(handlers: Handlings, { type }: Message): Handling {
  const handling = handlers.get(type);
  if (handling) return handling;
  throw new PermanentError(
    'UnhandledType',
    `No handler for "${type}" here; handled are ${[...handlers.keys()].sort().join(', ')}.`,
  );
}

function settlementOf(error: unknown, delivery: Delivery, policy: RetryPolicy, random: () => number): Settlement {
  if (delivery.signal.aborted && !(error instanceof PermanentError)) return { kind: 'release' };
  return decideRetry(policy, error, delivery.attempt, random);
}

/** Ends early, without an error, when the signal aborts. */
async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

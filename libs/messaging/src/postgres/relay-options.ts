import type { Pool } from 'pg';
import type { Clock } from '../clock.js';
import { defaultAnswerWithinMs } from '../outbox/outlet.js';
import type { Wakes } from '../outbox/wakes.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import { systemClock } from '../system-clock.js';
import type { Transport } from '../transport.js';

export interface RelayOptions {
  /** Cancelled messages are taken back where it can. */
  readonly transport: Pick<Transport, 'send' | 'cancelScheduled'>;
  /** Called with everything that went wrong; the relay goes on by itself. The messaging's `onError` when absent. */
  readonly onError?: (error: unknown) => void;
  /** Messages a batch; 1,000 when absent. Fewer where their bodies are longer than 8 MiB together. */
  readonly batch?: number;
  /** How long a bucket stays with a relay that died, in milliseconds; 15,000 when absent. Renewed at a third of it. */
  readonly leaseMs?: number;
  /** How often to look for what no wake announced, in milliseconds, jittered by a quarter; 3,000 when absent. */
  readonly sweepMs?: number;
  /**
   * How long the broker may take to answer before its destination counts as in trouble, in milliseconds; 900 when absent.
   * More than 500 messages have more time, in proportion. Where it is slow and answers, it is given twice the time that it
   * took.
   */
  readonly answerWithinMs?: number;
  /**
   * How long a message may wait for others to be sent with it, in milliseconds; 0 when absent. It waits only soon after
   * others were sent, twice as long as that took, and as long as it may where six commits or more come in that time: what
   * comes alone is sent at once.
   */
  readonly lingerMaxMs?: number;
  readonly clock?: Clock;
  /** Answers a number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

/** A relay's options with what its messaging gives it. */
export interface RelaySetup extends RelayOptions {
  /** The outbox's pool: the relay uses up to two of its connections, four more a destination, and one of its own to listen and to read. */
  readonly pool: Pool;
  /** Wake the relay in this process after each commit. */
  readonly wakes: Wakes;
  readonly onError: (error: unknown) => void;
}

/**
 * Fills in the defaults and checks the ranges.
 * @throws RangeError that lists every value out of range
 */
export function resolveRelayOptions(options: RelaySetup): Required<RelaySetup> {
  const defaults = {
    batch: 1_000,
    leaseMs: 15_000,
    sweepMs: 3_000,
    answerWithinMs: defaultAnswerWithinMs,
    lingerMaxMs: 0,
    clock: systemClock,
    random: Math.random,
  };
  const resolved = withDefaults(options, defaults);
  const problems = rangeProblems(resolved, {
    batch: { min: 1, whole: true },
    leaseMs: { min: 1 },
    sweepMs: { min: 1 },
    answerWithinMs: { min: 1 },
    lingerMaxMs: { min: 0 },
  });
  if (problems.length > 0) throw new RangeError(`Invalid options of a relay: ${problems.join('; ')}.`);
  return resolved;
}

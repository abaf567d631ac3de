import type { Clock } from '../clock.js';
import { warnOfError } from '../outbox/after-commit.js';
import { MemoryOutbox } from '../outbox/memory-outbox.js';
import { MemoryRelay, type MemoryRelayOptions } from '../outbox/memory-relay.js';
import type { Relay } from '../outbox/relay-health.js';
import { Wakes } from '../outbox/wakes.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import { systemClock } from '../system-clock.js';
import { MemoryInbox } from './memory-inbox.js';
import { inMemoryTransaction, type MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';

export interface MemoryMessagingOptions {
  /** The machine's clock when absent. */
  readonly clock?: Clock | undefined;
  /** Called with what a callback after a commit threw; a warning of the process when absent. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Messages that the outbox keeps at most, those set aside among them; 100,000 when absent. */
  readonly outboxCapacity?: number | undefined;
  /** Handled messages that the inbox remembers; 100,000 when absent. */
  readonly inboxCapacity?: number | undefined;
  /** Answers a number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: (() => number) | undefined;
}

/** Unit of work, inbox and outbox for tests and programs without a database. It forgets with its process. */
export interface MemoryMessaging {
  /** Runs `work` and commits it; nothing of it happens when `work` throws, or `signal` is aborted before it has ended. */
  transaction<Result>(
    work: (tx: MemoryUnitOfWork) => Promise<Result>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result>;
  readonly inbox: MemoryInbox;
  /** A relay sends what it holds, or `drain` does. */
  readonly outbox: MemoryOutbox;
  /**
   * Starts moving the outbox to the broker. One relay at a time.
   * @throws RangeError for a batch that is no whole number from 1
   */
  startRelay(options: MemoryRelayOptions): Relay;
}

/** @throws RangeError that lists every value out of range */
export function createMemoryMessaging(options: MemoryMessagingOptions = {}): MemoryMessaging {
  const { clock, onError, outboxCapacity, inboxCapacity, random } = resolveOptions(options);
  const wakes = new Wakes();
  const transaction: MemoryMessaging['transaction'] = (work, how) => inMemoryTransaction(work, onError, how?.signal);
  const outbox = new MemoryOutbox({ clock, random, capacity: outboxCapacity, wake: wakes.wake });
  return Object.freeze({
    transaction,
    inbox: new MemoryInbox(transaction, inboxCapacity),
    outbox,
    startRelay(relay: MemoryRelayOptions) {
      const resolved = withDefaults(relay, { onError, batch: 500 });
      requireRanges(rangeProblems(resolved, { batch: { min: 1, whole: true } }));
      return new MemoryRelay({ ...resolved, outbox, clock, random, onWake: (listener) => wakes.onWake(listener) });
    },
  });
}

function resolveOptions(options: MemoryMessagingOptions) {
  const resolved = withDefaults(options, {
    clock: systemClock,
    onError: warnOfError,
    outboxCapacity: 100_000,
    inboxCapacity: 100_000,
    random: Math.random,
  });
  const least = { min: 1, whole: true };
  requireRanges(rangeProblems(resolved, { outboxCapacity: least, inboxCapacity: least }));
  return resolved;
}

function requireRanges(problems: readonly string[]): void {
  if (problems.length > 0) throw new RangeError(`Invalid options of a memory messaging: ${problems.join('; ')}.`);
}

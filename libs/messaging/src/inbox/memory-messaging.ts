import type { Clock } from '../clock.js';
import { warnOfError } from '../outbox/after-commit.js';
import { MemoryOutbox } from '../outbox/memory-outbox.js';
import { withDefaults } from '../resolve-options.js';
import { systemClock } from '../system-clock.js';
import { MemoryInbox } from './memory-inbox.js';
import { inMemoryTransaction, type MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';

export interface MemoryMessagingOptions {
  /** The machine's clock when absent. */
  readonly clock?: Clock | undefined;
  /** Called with what a callback after a commit threw; a warning of the process when absent. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Unit of work, inbox and outbox for tests and programs without a database. It forgets with its process. */
export interface MemoryMessaging {
  /** Runs `work` and commits it; nothing of it happens when `work` throws, or `signal` is aborted before it has ended. */
  transaction<Result>(
    work: (tx: MemoryUnitOfWork) => Promise<Result>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result>;
  readonly inbox: MemoryInbox;
  /** Nothing sends what it holds by itself: `drain` does. */
  readonly outbox: MemoryOutbox;
}

export function createMemoryMessaging(options: MemoryMessagingOptions = {}): MemoryMessaging {
  const { clock, onError } = withDefaults(options, { clock: systemClock, onError: warnOfError });
  const transaction: MemoryMessaging['transaction'] = (work, how) => inMemoryTransaction(work, onError, how?.signal);
  return Object.freeze({ transaction, inbox: new MemoryInbox(transaction), outbox: new MemoryOutbox(clock) });
}

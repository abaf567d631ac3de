import type { DeadLetters } from '@orderflow/messaging';
import { IndexBrowser } from './index-browser.js';
import { IndexKeeper } from './index-keeper.js';
import { IndexWatcher } from './index-watcher.js';
import type { IndexStore } from './index-store.js';

/** What keeps the index of dead letters as the broker is: one refresh of one queue at a time. */
export interface IndexUpkeep {
  /**
   * Brings the index of one queue up to date. Rejects with a `TransportError` when the broker does not answer.
   * @param count how many letters the broker counts; undefined where nobody may ask
   */
  refresh(queue: string, count: number | undefined, signal: AbortSignal): Promise<void>;
}

/** What the index is told of as it happens; undefined where the broker tells nothing, and a refresh sees all. */
export function createIndexWatcher(
  deadLetters: DeadLetters,
  store: IndexStore,
  queues: ReadonlySet<string>,
): IndexWatcher | undefined {
  const watch = deadLetters.watch?.bind(deadLetters);
  return watch && new IndexWatcher({ deadLetters: { watch }, store, queues });
}

/** By browsing where letters are handed out to be looked at, by peeking elsewhere. @param intervalMs between refreshes */
export function createIndexUpkeep(deadLetters: DeadLetters, store: IndexStore, intervalMs: number): IndexUpkeep {
  const pauseMs = Math.min(30_000, 6 * intervalMs);
  const browse = deadLetters.browse?.bind(deadLetters);
  if (browse) return new IndexBrowser({ deadLetters: { browse }, store, most: 20_000, pauseMs, now: Date.now });
  return new IndexKeeper({ deadLetters, store, sweepEveryMs: 600_000, sweepPauseMs: pauseMs, now: Date.now });
}

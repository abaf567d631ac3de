import type { DeadLetters, WatchedLetter } from '@orderflow/messaging';
import type { IndexStore } from './index-store.js';

export interface IndexWatcherOptions {
  /** Of a broker that tells of letters as consumers give them up. */
  readonly deadLetters: Required<Pick<DeadLetters, 'watch'>>;
  readonly store: IndexStore;
  /** Those that are operated; letters of others are left out. */
  readonly queues: ReadonlySet<string>;
}

/**
 * Writes letters into the index as consumers give them up. It is ahead of the counts, and no substitute for them: what it
 * was not told of, and what was gone by then, is found by those.
 */
export class IndexWatcher {
  readonly #options: IndexWatcherOptions;

  constructor(options: IndexWatcherOptions) {
    this.#options = options;
  }

  /** Resolves once its signal is aborted. Rejects when the broker or the database is away; what was not written comes again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#options.deadLetters.watch((letters) => this.#write(letters), { signal });
  }

  async #write(reported: readonly WatchedLetter[]): Promise<void> {
    const { store, queues } = this.#options;
    for (const [queue, those = []] of Object.entries(Object.groupBy(reported, ({ queue }) => queue))) {
      const letters = those.map(({ letter }) => letter);
      if (queues.has(queue)) await store.addReported(queue, letters);
    }
  }
}

import type { Inbox } from './inbox.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';

interface HowToRun {
  readonly signal?: AbortSignal | undefined;
}

type RunTransaction = (work: (tx: MemoryUnitOfWork) => Promise<void>, options?: HowToRun) => Promise<void>;

/**
 * An inbox for tests and programs without a database. It forgets with its process, and the oldest of what it remembers
 * when that is too much: a message that comes again after so many others is handled again.
 */
export class MemoryInbox implements Inbox<MemoryUnitOfWork> {
  readonly #transaction: RunTransaction;
  readonly #capacity: number;
  /** By consumer and message, what is being handled: the next caller waits for the one before. */
  readonly #handling = new Map<string, Promise<void>>();
  /** Handled ones, oldest first. */
  readonly #handled = new Set<string>();

  /** @param capacity how many handled messages it remembers */
  constructor(transaction: RunTransaction, capacity: number) {
    this.#transaction = transaction;
    this.#capacity = capacity;
  }

  async once(
    consumer: string,
    messageId: string,
    work: (tx: MemoryUnitOfWork) => Promise<void>,
    options?: HowToRun,
  ): Promise<'handled' | 'duplicate'> {
    const key = JSON.stringify([consumer, messageId]);
    for (let before = this.#handling.get(key); before !== undefined; before = this.#handling.get(key)) {
      await before.catch(() => undefined);
    }
    if (this.#handled.has(key)) return 'duplicate';
    const handling = this.#transaction(work, options);
    this.#handling.set(key, handling);
    try {
      await handling;
      this.#remember(key);
    } finally {
      this.#handling.delete(key);
    }
    return 'handled';
  }

  #remember(key: string): void {
    this.#handled.add(key);
    if (this.#handled.size <= this.#capacity) return;
    for (const oldest of this.#handled) {
      this.#handled.delete(oldest);
      return;
    }
  }
}

import type { Inbox } from './inbox.js';
import type { MemoryUnitOfWork } from '../outbox/memory-unit-of-work.js';

interface HowToRun {
  readonly signal?: AbortSignal | undefined;
}

type RunTransaction = (work: (tx: MemoryUnitOfWork) => Promise<void>, options?: HowToRun) => Promise<void>;

/** An inbox for tests and programs without a database. It forgets with its process. */
export class MemoryInbox implements Inbox<MemoryUnitOfWork> {
  readonly #transaction: RunTransaction;
  /** By consumer and message: resolved once handled; the next caller waits for the one before. */
  readonly #handling = new Map<string, Promise<void>>();

  constructor(transaction: RunTransaction) {
    this.#transaction = transaction;
  }

  async once(
    consumer: string,
    messageId: string,
    work: (tx: MemoryUnitOfWork) => Promise<void>,
    options?: HowToRun,
  ): Promise<'handled' | 'duplicate'> {
    const key = JSON.stringify([consumer, messageId]);
    for (;;) {
      const before = this.#handling.get(key);
      if (before === undefined) break;
      const handled = await before.then(
        () => true,
        () => false,
      );
      if (handled) return 'duplicate';
    }
    const handling = this.#transaction(work, options);
    this.#handling.set(key, handling);
    try {
      await handling;
    } catch (error) {
      this.#handling.delete(key);
      throw error;
    }
    return 'handled';
  }
}

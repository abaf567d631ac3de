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
    const key = keyOf(consumer, messageId);
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

  async onceMany(
    consumer: string,
    messageIds: readonly string[],
    work: (tx: MemoryUnitOfWork, unhandled: ReadonlySet<string>) => Promise<void>,
    options?: HowToRun,
  ): Promise<void> {
    const keys = messageIds.map((id) => keyOf(consumer, id));
    for (let before = this.#handlingOf(keys); before !== undefined; before = this.#handlingOf(keys)) {
      await before.catch(() => undefined);
    }
    const unhandled = new Set(messageIds.filter((id) => !this.#handled.has(keyOf(consumer, id))));
    if (unhandled.size === 0) return;
    const handling = this.#transaction((tx) => work(tx, unhandled), options);
    const taken = [...unhandled].map((id) => keyOf(consumer, id));
    for (const key of taken) this.#handling.set(key, handling);
    try {
      await handling;
      for (const key of taken) this.#remember(key);
    } finally {
      for (const key of taken) this.#handling.delete(key);
    }
  }

  async has(consumer: string, messageId: string): Promise<boolean> {
    return this.#handled.has(keyOf(consumer, messageId));
  }

  #handlingOf(keys: readonly string[]): Promise<void> | undefined {
    return keys.map((key) => this.#handling.get(key)).find((handling) => handling !== undefined);
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

const keyOf = (consumer: string, messageId: string): string => JSON.stringify([consumer, messageId]);

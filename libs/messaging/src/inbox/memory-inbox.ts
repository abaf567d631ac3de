import type { Inbox } from './inbox.js';

/** A transaction in memory: what it does happens when it commits, or not at all. */
export interface MemoryTransaction {
  /** Runs `action` at the commit, in the order of the calls. It must not throw. */
  onCommit(action: () => void): void;
}

/** Runs `work`, then everything it asked to happen; nothing of it when `work` throws. */
export async function inMemoryTransaction<Result>(work: (tx: MemoryTransaction) => Promise<Result>): Promise<Result> {
  const actions: (() => void)[] = [];
  const result = await work({ onCommit: (action) => actions.push(action) });
  for (const action of actions) action();
  return result;
}

/** An inbox for tests and programs without a database. It forgets with its process. */
export class MemoryInbox implements Inbox<MemoryTransaction> {
  /** By consumer and message: resolved once handled; the next caller waits for the one before. */
  readonly #handling = new Map<string, Promise<void>>();

  async once(
    consumer: string,
    messageId: string,
    work: (tx: MemoryTransaction) => Promise<void>,
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
    const handling = inMemoryTransaction(work);
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

export function createMemoryInbox(): MemoryInbox {
  return new MemoryInbox();
}

import type { Clock } from '../clock.js';
import type { MemoryUnitOfWork } from './memory-unit-of-work.js';
import type { Outgoing, Transport } from '../transport.js';
import { orderingKeyOf } from './bucket.js';
import type { Outbox, OutboxBacklog } from './outbox.js';
import { isUnsendable, sendInOrder, type Waiting } from './send-in-order.js';

interface Row extends Waiting {
  readonly createdAt: number;
}

/** What became of the messages of a {@link MemoryOutbox.drain}. */
export interface DrainReport {
  /** How many messages left. */
  readonly sent: number;
  /** Why others did not: one error for each message that failed, or the outage that stopped everything. */
  readonly errors: readonly unknown[];
}

/** An outbox for tests and programs without a database. It forgets with its process. */
export class MemoryOutbox implements Outbox<MemoryUnitOfWork> {
  readonly #clock: Clock;
  readonly #dead: Row[] = [];
  #rows: readonly Row[] = [];
  /** Ordering keys that failed in the last drain; the next one tries them again. */
  #held = new Set<string>();
  #draining: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async add(tx: MemoryUnitOfWork, messages: readonly Outgoing[]): Promise<void> {
    tx.onCommit(() => {
      const createdAt = this.#clock.now();
      this.#rows = [...this.#rows, ...messages.map((outgoing) => ({ outgoing, createdAt }))];
    });
  }

  /**
   * Sends up to `limit` waiting messages with `send`, oldest first, and forgets the ones the broker has. Calls follow
   * one another, so that two of them never send the same message.
   */
  drain(limit: number, send: Transport['send']): Promise<DrainReport> {
    const drained = this.#draining.then(() => this.#drain(limit, send));
    this.#draining = drained.catch(() => undefined);
    return drained;
  }

  async backlog(): Promise<OutboxBacklog> {
    const oldest = this.#rows[0];
    return {
      rows: this.#rows.length,
      oldestAgeMs: oldest === undefined ? 0 : this.#clock.now() - oldest.createdAt,
      heldKeys: this.#held.size,
      dead: this.#dead.length,
    };
  }

  async #drain(limit: number, send: Transport['send']): Promise<DrainReport> {
    const { sent, failed, outage } = await sendInOrder(this.#rows.slice(0, limit), send);
    const dead = failed.filter(({ error }) => isUnsendable(error)).map(({ row }) => row);
    const gone = new Set([...sent, ...dead]);
    this.#rows = this.#rows.filter((row) => !gone.has(row));
    this.#dead.push(...dead);
    const held = failed.filter(({ row }) => !gone.has(row));
    this.#held = new Set(held.map(({ row }) => orderingKeyOf(row.outgoing.envelope)));
    return { sent: sent.length, errors: [...failed.map(({ error }) => error), ...(outage ? [outage] : [])] };
  }
}

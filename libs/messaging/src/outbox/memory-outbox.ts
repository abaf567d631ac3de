import type { Clock } from '../clock.js';
import { backoff } from '../retry/backoff.js';
import type { Destination, Outgoing, Transport } from '../transport.js';
import type { BatchResult } from './batch-result.js';
import { blameOf } from './blame.js';
import { orderingKeyOf } from './bucket.js';
import { holdPolicy } from './hold-policy.js';
import { nameOf } from './outlet.js';
import type { MemoryRow } from './memory-row.js';
import { MemorySetAside } from './memory-set-aside.js';
import type { MemoryUnitOfWork } from './memory-unit-of-work.js';
import type { Outbox, OutboxBacklog } from './outbox.js';
import { sendInOrder, type Waiting } from './send-in-order.js';

/** What became of the messages of a {@link MemoryOutbox.drain}. */
export interface DrainReport {
  /** How many messages left. */
  readonly sent: number;
  /** Why others did not: one error for each message that failed, or the outage that stopped everything. */
  readonly errors: readonly unknown[];
}

/** The outbox has no place for another message: nothing was sent for too long. */
export class OutboxFullError extends Error {
  override readonly name = 'OutboxFullError';
}

interface MemoryOutboxOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Messages that it keeps at most, those set aside among them. */
  readonly capacity: number;
  readonly wake: () => void;
}

interface Hold {
  readonly attempts: number;
  readonly due: number;
}

/** An outbox for tests and programs without a database. It forgets with its process. */
export class MemoryOutbox implements Outbox<MemoryUnitOfWork> {
  readonly setAside: MemorySetAside;
  readonly #options: MemoryOutboxOptions;
  /** By destination, in the order of their ids. */
  readonly #waiting = new Map<string, Set<MemoryRow>>();
  readonly #holds = new Map<string, Hold>();
  #lastId = 0;
  #draining: Promise<unknown> = Promise.resolve();

  constructor(options: MemoryOutboxOptions) {
    this.#options = options;
    this.setAside = new MemorySetAside(options.clock, (rows) => this.#putBack(rows));
  }

  /** @throws OutboxFullError when there is no place for them */
  async add(tx: MemoryUnitOfWork, messages: readonly Outgoing[]): Promise<void> {
    const { capacity, clock, wake } = this.#options;
    if (this.#count() + this.setAside.count + messages.length > capacity) {
      throw new OutboxFullError(`The outbox has no place for ${messages.length} more: it keeps ${capacity} messages.`);
    }
    tx.onCommit(() => {
      for (const outgoing of messages) {
        this.#rowsTo(outgoing.to).add({ id: ++this.#lastId, outgoing, createdAt: clock.now() });
      }
    });
    tx.afterCommit(wake);
  }

  /** Where something waits to go. */
  destinations(): readonly Destination[] {
    return [...this.#waiting.values()].flatMap((rows) => [...rows].slice(0, 1).map(({ outgoing }) => outgoing.to));
  }

  /**
   * Sends up to `limit` waiting messages with `send`, oldest first, and forgets the ones the broker has. Calls follow
   * one another, so that two of them never send the same message.
   */
  drain(limit: number, send: Transport['send']): Promise<DrainReport> {
    return this.#inTurn(async () => {
      let sent = 0;
      const errors: unknown[] = [];
      for (const destination of this.destinations()) {
        const batch = await this.#sendBatch(destination, limit - sent, send);
        sent += batch.sent;
        errors.push(...batch.errors);
        if (sent >= limit) break;
      }
      return { sent, errors };
    });
  }

  /** Sends one batch to one destination, as {@link drain} does. */
  sendBatch(destination: Destination, limit: number, send: Transport['send']): Promise<BatchResult> {
    return this.#sendBatch(destination, limit, send);
  }

  async backlog(): Promise<OutboxBacklog> {
    const oldest = Math.min(...[...this.#waiting.values()].flatMap((rows) => createdOfFirst(rows)));
    const rows = [...this.#waiting.values()].flatMap((some) => [...some]);
    return {
      rows: rows.length,
      isEstimate: false,
      oldestAgeMs: rows.length === 0 ? 0 : this.#options.clock.now() - oldest,
      heldKeys: this.#holds.size,
      heldRows: rows.filter((row) => this.#holds.has(keyOf(row))).length,
      dead: this.setAside.count,
    };
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#draining.then(work);
    this.#draining = turn.catch(() => undefined);
    return turn;
  }

  async #sendBatch(destination: Destination, limit: number, send: Transport['send']): Promise<BatchResult> {
    const { random } = this.#options;
    const rows = this.#next(destination, limit);
    const { sent, failed, outage } = await sendInOrder(rows, send);
    for (const row of sent) this.#forget(row);
    const delays = failed.flatMap(({ row, error }) => {
      if (blameOf(error) === 'message') {
        this.#forget(row);
        this.setAside.add(row, error);
        return [];
      }
      return [this.#hold(row, random)];
    });
    return {
      read: rows.length,
      sent: sent.length,
      errors: [...failed.map(({ error }) => error), ...(outage ? [outage] : [])],
      more: rows.length >= limit,
      ...(outage && { outage }),
      ...(delays.length > 0 && { retryInMs: Math.min(...delays) }),
    };
  }

  /** The oldest messages whose keys are not held. */
  #next(destination: Destination, limit: number): readonly MemoryRow[] {
    const now = this.#options.clock.now();
    const rows: MemoryRow[] = [];
    for (const row of this.#waiting.get(nameOf(destination)) ?? []) {
      if (rows.length >= limit) break;
      if ((this.#holds.get(keyOf(row))?.due ?? now) <= now) rows.push(row);
    }
    return rows;
  }

  #hold(row: MemoryRow, random: () => number): number {
    const attempts = (this.#holds.get(keyOf(row))?.attempts ?? 0) + 1;
    const delayMs = backoff(holdPolicy, attempts, random);
    this.#holds.set(keyOf(row), { attempts, due: this.#options.clock.now() + delayMs });
    return delayMs;
  }

  #forget(row: MemoryRow): void {
    const name = nameOf(row.outgoing.to);
    const rows = this.#waiting.get(name);
    rows?.delete(row);
    if (rows?.size === 0) this.#waiting.delete(name);
    this.#holds.delete(keyOf(row));
  }

  #putBack(rows: readonly MemoryRow[]): void {
    for (const row of rows) {
      const all = [...this.#rowsTo(row.outgoing.to), row].sort((one, other) => one.id - other.id);
      this.#waiting.set(nameOf(row.outgoing.to), new Set(all));
    }
    this.#options.wake();
  }

  #rowsTo(destination: Destination): Set<MemoryRow> {
    const rows = this.#waiting.get(nameOf(destination)) ?? new Set();
    this.#waiting.set(nameOf(destination), rows);
    return rows;
  }

  #count(): number {
    return [...this.#waiting.values()].reduce((count, { size }) => count + size, 0);
  }
}

const keyOf = (row: Waiting): string => orderingKeyOf(row.outgoing.envelope);

function createdOfFirst(rows: ReadonlySet<MemoryRow>): number[] {
  for (const { createdAt } of rows) return [createdAt];
  return [];
}

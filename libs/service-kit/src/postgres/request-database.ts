import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { requireWholeNumber } from '../require-whole-number.js';

/** No more requests may wait for the database: there are too many already, or this one has waited long enough. */
export class DatabaseBusy extends Error {
  override readonly name = 'DatabaseBusy';
}

export interface RequestDatabaseOptions {
  readonly pool: Pool;
  /** How many of the pool's connections requests may use at a time, 1 at least; the others are there for messages. */
  readonly connections: number;
  /** How many requests may wait for one, 0 or more; the next is refused at once. */
  readonly waiting: number;
  /** How long one may wait, in milliseconds above 0; 5,000 by default. */
  readonly waitTimeoutMs?: number | undefined;
}

interface Waiter {
  readonly proceed: () => void;
  readonly timer: NodeJS.Timeout;
}

function resolveOptions(options: RequestDatabaseOptions): Required<RequestDatabaseOptions> {
  const { pool, connections, waiting, waitTimeoutMs = 5_000 } = options;
  requireWholeNumber('connections', connections, 1);
  requireWholeNumber('waiting', waiting, 0);
  requireWholeNumber('waitTimeoutMs', waitTimeoutMs, 1);
  return Object.freeze({ pool, connections, waiting, waitTimeoutMs });
}

/**
 * A service's database as HTTP requests see it: a share of the pool, and a bounded queue before it. Without the bound,
 * requests pile up in memory while the database is away; without the share, messages would wait behind them.
 */
export class RequestDatabase implements SqlTransaction {
  readonly #options: Required<RequestDatabaseOptions>;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  #inUse = 0;

  /** @throws RangeError for a number that makes no sense */
  constructor(options: RequestDatabaseOptions) {
    this.#options = resolveOptions(options);
  }

  /** How many requests may use it or wait for it at a time. */
  get capacity(): number {
    return this.#options.connections + this.#options.waiting;
  }

  /** Whether who comes now has to wait. */
  get isFull(): boolean {
    return this.#inUse >= this.#options.connections;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** One statement. Rejects as {@link admit} does, and as `pg` does. */
  query(text: string, values: unknown[] = []): ReturnType<SqlTransaction['query']> {
    return this.admit(() => this.#options.pool.query<Record<string, unknown>>(text, values));
  }

  /**
   * Runs `work`, which may use one connection of the pool, when it is its turn. Nothing inside may ask for admission
   * again: it could wait for itself.
   *
   * @throws DatabaseBusy when too many wait, or its turn did not come in time
   */
  async admit<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    const { connections, waiting, waitTimeoutMs } = this.#options;
    if (this.#inUse < connections) {
      this.#inUse++;
      return;
    }
    if (this.#waiting.size >= waiting) throw new DatabaseBusy(`${waiting} requests wait for the database already`);
    await new Promise<void>((proceed, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new DatabaseBusy(`no connection to the database was free for ${waitTimeoutMs} ms`));
      }, waitTimeoutMs);
      const waiter: Waiter = { proceed, timer };
      this.#waiting.add(waiter);
    });
  }

  /** Whoever waits longest takes the place over. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#inUse--;
      return;
    }
    this.#waiting.delete(next);
    clearTimeout(next.timer);
    next.proceed();
  }
}

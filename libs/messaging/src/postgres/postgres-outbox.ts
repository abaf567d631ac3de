import type { Pool } from 'pg';
import type { Outbox, OutboxBacklog } from '../outbox/outbox.js';
import type { Outgoing } from '../transport.js';
import { outboxInsert, type Statement } from './outbox-rows.js';
import { inTransaction, type PostgresTx } from './transaction.js';

export interface PostgresOutboxOptions {
  /** The database of the effects that the messages report, with `messagingSchema` in it. */
  readonly pool: Pool;
}

/** An outbox in PostgreSQL; a relay (`startRelay`) sends what it holds. */
export class PostgresOutbox implements Outbox<PostgresTx> {
  readonly #pool: Pool;
  readonly #written = new WeakSet<PostgresTx>();
  readonly #listeners = new Set<() => void>();

  constructor({ pool }: PostgresOutboxOptions) {
    this.#pool = pool;
  }

  async add(tx: PostgresTx, messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    const { text, values } = outboxInsert(messages, 1);
    await tx.query(text, values);
    this.#written.add(tx);
  }

  /**
   * The insert as text and values, its parameters numbered from `firstParameter` (1 when absent), for a statement that
   * writes the effect as well: `WITH stored AS (INSERT INTO orders …) ${text}`. Call {@link wake} after the commit.
   */
  insertStatement(messages: readonly Outgoing[], firstParameter = 1): Statement {
    return outboxInsert(messages, firstParameter);
  }

  /** Runs `work` in a transaction and wakes the relay once it has committed, if it wrote to the outbox. */
  async transaction<Result>(work: (tx: PostgresTx) => Promise<Result>): Promise<Result> {
    let written = false;
    const result = await inTransaction(this.#pool, async (tx) => {
      const value = await work(tx);
      written = this.#written.has(tx);
      return value;
    });
    if (written) this.wake();
    return result;
  }

  /** Says that messages were committed. Costs nothing when the relay is awake already. */
  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` on every {@link wake}. Returns how to stop that. */
  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async backlog(): Promise<OutboxBacklog> {
    // The head of each bucket instead of the whole table: a long backlog is when this is asked most.
    const { rows } = await this.#pool.query<OutboxBacklog>(
      `SELECT (SELECT count(*)::int FROM outbox) AS rows,
              coalesce((SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(head.created_at)) * 1000)::float8
                        FROM outbox_buckets lease CROSS JOIN LATERAL (
                          SELECT created_at FROM outbox WHERE bucket = lease.bucket ORDER BY id LIMIT 1) head),
                       0) AS "oldestAgeMs",
              (SELECT count(*)::int FROM outbox_holds) AS "heldKeys",
              (SELECT count(*)::int FROM outbox_dead) AS dead`,
    );
    return rows[0] as OutboxBacklog;
  }
}

export function createPostgresOutbox(options: PostgresOutboxOptions): PostgresOutbox {
  return new PostgresOutbox(options);
}

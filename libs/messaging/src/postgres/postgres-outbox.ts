import type { Pool } from 'pg';
import type { Outbox, OutboxBacklog } from '../outbox/outbox.js';
import type { Outgoing } from '../transport.js';
import { outboxInsert, type Statement } from './outbox-rows.js';
import { OpenUnitOfWork } from './open-unit-of-work.js';
import type { SqlTransaction } from './sql-transaction.js';

/** An outbox in PostgreSQL; a relay sends what it holds. */
export class PostgresOutbox implements Outbox<SqlTransaction> {
  readonly #pool: Pool;
  readonly #wake: () => void;

  constructor(pool: Pool, wake: () => void) {
    this.#pool = pool;
    this.#wake = wake;
  }

  /**
   * Writes the messages as part of `tx`. After the commit of a unit of work the relay is woken. When `tx` is a
   * transaction of another tool, nothing here hears of its commit: the relay's sweep finds the messages, or the
   * messaging's `wake()` after that commit.
   */
  async add(tx: SqlTransaction, messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    const { text, values } = outboxInsert(messages, 1);
    await tx.query(text, values);
    if (tx instanceof OpenUnitOfWork) tx.wroteMessages();
  }

  /**
   * Writes an effect and its messages by one statement: one round trip, and outside a transaction one commit. The relay
   * is woken after it; in a unit of work, after that one's commit.
   *
   * @param effect what stands after `WITH`: `stored AS (INSERT INTO orders VALUES ($1, …))`, and its values
   */
  async addWith(db: SqlTransaction, effect: Statement, messages: readonly Outgoing[]): Promise<void> {
    const insert = outboxInsert(messages, effect.values.length + 1);
    await db.query(`WITH ${effect.text} ${insert.text}`, [...effect.values, ...insert.values]);
    if (db instanceof OpenUnitOfWork) db.wroteMessages();
    else this.#wake();
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

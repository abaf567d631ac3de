import type { Pool } from 'pg';
import type { Inbox } from '../inbox/inbox.js';
import { deleteInBatches } from './delete-in-batches.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import type { TransactionOptions, UnitOfWork } from './sql-transaction.js';
import type { UnitsOfWork } from './units-of-work.js';

export interface PurgeOptions {
  /** Rows older than this go, in milliseconds. Keep it longer than the longest possible redelivery. */
  readonly olderThanMs: number;
  /** Rows a statement, so that no lock is held for long; 1,000 when absent. */
  readonly batch?: number;
}

/** An inbox in PostgreSQL: its row is in the transaction of the effect. */
export class PostgresInbox<Db> implements Inbox<UnitOfWork<Db>> {
  readonly #pool: Pool;
  readonly #units: UnitsOfWork<Db>;

  constructor(pool: Pool, units: UnitsOfWork<Db>) {
    this.#pool = pool;
    this.#units = units;
  }

  /**
   * The insert waits while another transaction holds the same row, and then sees whether that one committed. When the
   * connection is lost during the commit the outcome is unknown: it rejects, the message is delivered again, and the
   * next call answers `duplicate` if the commit had succeeded.
   */
  once(
    consumer: string,
    messageId: string,
    work: (tx: UnitOfWork<Db>) => Promise<void>,
    options?: TransactionOptions,
  ): Promise<'handled' | 'duplicate'> {
    return this.#units.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        'INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [consumer, messageId],
      );
      if (rowCount === 0) return 'duplicate';
      await work(tx);
      return 'handled';
    }, options);
  }

  /**
   * Removes what is too old to come again, in batches, oldest first. Answers how many rows went.
   * @throws RangeError that lists every option out of range
   */
  async purge(options: PurgeOptions): Promise<number> {
    const { olderThanMs, batch } = resolvePurge(options);
    const statement = `
      DELETE FROM inbox WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM inbox WHERE handled_at < now() - $2 * interval '1 ms' ORDER BY handled_at LIMIT $1))`;
    return deleteInBatches(this.#pool, statement, [olderThanMs], batch);
  }
}

function resolvePurge(options: PurgeOptions): Required<PurgeOptions> {
  const resolved = withDefaults(options, { batch: 1_000 });
  const problems = rangeProblems(resolved, { olderThanMs: { min: 0 }, batch: { min: 1, whole: true } });
  if (problems.length > 0) throw new RangeError(`Invalid options of a purge: ${problems.join('; ')}.`);
  return resolved;
}

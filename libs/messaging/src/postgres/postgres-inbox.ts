import type { Pool } from 'pg';
import type { Inbox } from '../inbox/inbox.js';
import { deleteInBatches } from './delete-in-batches.js';
import type { PostgresOutbox } from './postgres-outbox.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import { inTransaction, type PostgresTx } from './transaction.js';

export interface PostgresInboxOptions {
  /** The database of the effects, with `messagingSchema` in it. */
  readonly pool: Pool;
  /** Woken after a commit that wrote to it. */
  readonly outbox?: PostgresOutbox;
}

export interface PurgeOptions {
  /** Rows older than this go, in milliseconds. Keep it longer than the longest possible redelivery. */
  readonly olderThanMs: number;
  /** Rows a statement, so that no lock is held for long; 1,000 when absent. */
  readonly batch?: number;
}

/** An inbox in PostgreSQL: its row is in the transaction of the effect. */
export class PostgresInbox implements Inbox<PostgresTx> {
  readonly #pool: Pool;
  readonly #outbox: PostgresOutbox | undefined;

  constructor({ pool, outbox }: PostgresInboxOptions) {
    this.#pool = pool;
    this.#outbox = outbox;
  }

  /**
   * The insert waits while another transaction holds the same row, and then sees whether that one committed. When the
   * connection is lost during the commit the outcome is unknown: it rejects, the message is delivered again, and the
   * next call answers `duplicate` if the commit had succeeded.
   */
  async once(
    consumer: string,
    messageId: string,
    work: (tx: PostgresTx) => Promise<void>,
  ): Promise<'handled' | 'duplicate'> {
    const handle = async (tx: PostgresTx): Promise<'handled' | 'duplicate'> => {
      const { rowCount } = await tx.query(
        'INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [consumer, messageId],
      );
      if (rowCount === 0) return 'duplicate';
      await work(tx);
      return 'handled';
    };
    return this.#outbox === undefined ? inTransaction(this.#pool, handle) : this.#outbox.transaction(handle);
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

export function createPostgresInbox(options: PostgresInboxOptions): PostgresInbox {
  return new PostgresInbox(options);
}

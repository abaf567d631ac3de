import type { ClientBase, Pool, PoolClient, QueryResult } from 'pg';
import type { SqlResult, TransactionAdapter, TransactionIdentity } from './sql-transaction.js';
import { askIdentity } from './units-of-work.js';

/**
 * Transactions (read committed) on `pg`'s own pool. Rejects when the outcome is unknown because the connection was lost
 * during the commit: the caller tries again, and what makes the work idempotent (the inbox, a unique key) finds out.
 * Rejects as well when `work` caught a failed statement and went on: PostgreSQL has then rolled the transaction back.
 */
export class PgAdapter implements TransactionAdapter<ClientBase> {
  readonly #pool: Pool;
  /** Of the transactions with a signal that are open. */
  readonly #identities = new WeakMap<ClientBase, TransactionIdentity>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  query(db: ClientBase, text: string, values: unknown[]): Promise<SqlResult> {
    return db.query<Record<string, unknown>>(text, values);
  }

  identityOf(db: ClientBase): TransactionIdentity | undefined {
    return this.#identities.get(db);
  }

  async transaction<Result>(work: (db: ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const client = await this.#pool.connect();
    // The pool listens only to idle clients; without a listener a connection lost between two statements would end the
    // process. The next statement reports it.
    client.on('error', ignore);
    let broken: Error | boolean = false;
    try {
      if (signal?.aborted) throw signal.reason;
      await this.#begin(client, signal !== undefined);
      return await commitAfter(client, work);
    } catch (error) {
      // A rollback would wait behind the statement that nobody waits for any more.
      broken = signal?.aborted || (await rollback(client));
      throw error;
    } finally {
      this.#identities.delete(client);
      // A connection that is destroyed may say so later.
      if (!broken) client.off('error', ignore);
      client.release(broken);
    }
  }

  /** @param identified whether it is also asked which transaction that is, in the same round trip */
  async #begin(client: PoolClient, identified: boolean): Promise<void> {
    const answer: unknown = await client.query(identified ? `BEGIN; ${askIdentity}` : 'BEGIN');
    // `pg` answers a text of several statements with one result each.
    const [, { rows: [identity] = [] } = {}] = identified
      ? (answer as readonly QueryResult<TransactionIdentity>[])
      : [];
    if (identity !== undefined) this.#identities.set(client, identity);
  }
}

const ignore = (): void => undefined;

async function commitAfter<Result>(client: PoolClient, work: (db: ClientBase) => Promise<Result>): Promise<Result> {
  const result = await work(client);
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT') {
    throw new Error('A statement of the transaction failed and the error was caught: everything was rolled back.');
  }
  return result;
}

/** Answers the error when not even this worked: the connection is then of no more use. */
async function rollback(client: PoolClient): Promise<Error | false> {
  try {
    await client.query('ROLLBACK');
    return false;
  } catch (error) {
    return error as Error;
  }
}

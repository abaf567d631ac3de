import type { Pool, PoolClient } from 'pg';

/** What runs SQL: a transaction handed to `work`, or anything else with `pg`'s `query`, e.g. its Pool. */
export interface PostgresTx {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: Record<string, unknown>[]; readonly rowCount: number | null }>;
}

/**
 * Runs `work` in a transaction (read committed) and commits it. Rejects, with everything rolled back, when `work`
 * throws. Rejects as well when the outcome is unknown because the connection was lost during the commit: the caller
 * tries again, and what makes the work idempotent (the inbox, a unique key) finds out.
 *
 * @throws Error when `work` caught a failed statement and went on: PostgreSQL has then rolled the transaction back.
 */
export async function inTransaction<Result>(pool: Pool, work: (tx: PostgresTx) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  // The pool listens only to idle clients; without a listener a connection lost between two statements would end the
  // process. The next statement reports it.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    return await runOn(client, work);
  } catch (error) {
    broken = await rollback(client);
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

async function runOn<Result>(client: PoolClient, work: (tx: PostgresTx) => Promise<Result>): Promise<Result> {
  await client.query('BEGIN');
  let open = true;
  const tx: PostgresTx = {
    query: (text, values) => {
      // The connection may serve another transaction by then.
      if (!open) return Promise.reject(new Error('The transaction is over: await every query inside `work`.'));
      return client.query<Record<string, unknown>>(text, values);
    },
  };
  try {
    const result = await work(tx);
    open = false;
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') {
      throw new Error('A statement of the transaction failed and the error was caught: everything was rolled back.');
    }
    return result;
  } finally {
    open = false;
  }
}

/** Answers the error when not even this worked: the connection is then of no more use. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

import type { Pool, PoolClient } from 'pg';
import type { Statement } from './outbox-rows.js';
import type { SqlResult } from './sql-transaction.js';

interface RunAloneOptions extends Statement {
  readonly pool: Pool;
  /** By whose connections the server is told to end it: `pool` may have none left. */
  readonly endedBy: Pool;
  /** Gives the statement up: the call rejects with its reason, and the server ends it if it has not committed yet. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server could not be told. */
  readonly onError: (error: unknown) => void;
}

/** Runs a statement that is a transaction of its own: it has happened as a whole or not at all. */
export function runAlone(options: RunAloneOptions): Promise<SqlResult> {
  const { pool, text, values, signal } = options;
  return signal === undefined ? pool.query(text, [...values]) : runUntilAborted(options, signal);
}

async function runUntilAborted(options: RunAloneOptions, signal: AbortSignal): Promise<SqlResult> {
  const { pool, text, values } = options;
  signal.throwIfAborted();
  const givenUp = Promise.withResolvers<never>();
  let client: PoolClient | undefined;
  const giveUp = (): void => void terminate(client, options).then(() => givenUp.reject(signal.reason));
  signal.addEventListener('abort', giveUp, { once: true });
  const run = async (): Promise<SqlResult> => {
    const connected = await pool.connect();
    if (signal.aborted) {
      // Nothing ran on it.
      connected.release();
      throw signal.reason;
    }
    client = connected;
    // Nobody else listens to a client in use; its query rejects as well.
    client.on('error', ignore);
    try {
      return await Promise.race([client.query(text, [...values]), givenUp.promise]);
    } finally {
      if (!signal.aborted) client.off('error', ignore);
      // Nobody else may have it while it is being ended.
      client.release(signal.aborted);
    }
  };
  try {
    return await Promise.race([run(), givenUp.promise]);
  } catch (error) {
    // What the connection says of its end is a consequence.
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const ignore = (): void => undefined;

/**
 * Ends the statement on the server, where it may wait for a lock and never notice that we are gone. A pooler tells a number
 * of its own instead of the server's process: hence the look at what that one is running.
 */
async function terminate(client: PoolClient | undefined, { endedBy, text, onError }: RunAloneOptions): Promise<void> {
  const { processID } = (client ?? {}) as { readonly processID?: number | null };
  if (typeof processID !== 'number') return;
  try {
    // The server shows the beginning of a long statement.
    await endedBy.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid = $1 AND state = 'active' AND starts_with($2, query)`,
      [processID, text],
    );
  } catch (error) {
    onError(error);
  }
}

import { StatementNames } from '@orderflow/messaging/postgres';
import { Pool } from 'pg';
import { requireWholeNumber } from '../require-whole-number.js';
import { connectionFrom, connectionOf, type Plans } from './connection.js';

export interface PoolOptions {
  /**
   * A PostgreSQL connection URL; without a password in it, the identity of the process is used (Entra ID). A function is
   * asked for it before each new connection, for one that is rotated.
   */
  readonly url: string | (() => string);
  /** Shows up in `pg_stat_activity`, e.g. `order-api`. */
  readonly applicationName: string;
  /** Connections at most, 1 or more; 10 by default. */
  readonly max?: number | undefined;
  /** Whether statements that come again are prepared; true by default. Not behind a pooler that cannot keep them. */
  readonly prepare?: boolean | undefined;
  /** When those are planned; `each-time` by default. */
  readonly plans?: Plans | undefined;
  /** Called when an idle connection breaks; the pool replaces it. */
  readonly onError: (error: Error) => void;
}

/** How long to wait for a connection, free or new, in ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** The server ends a statement that takes longer, in ms. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** The client gives up on an answer a little later, for a server that is gone without a word. */
const QUERY_TIMEOUT_MS = 35_000;
/** The server ends a transaction that somebody forgot, in ms. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * A connection pool in which nothing waits for ever, and whose connections may break without ending the process.
 * @throws RangeError for a `max` that makes no sense
 */
export function createPool(options: PoolOptions): Pool {
  const { url, applicationName, max = 10, prepare = true, plans, onError } = options;
  requireWholeNumber('max', max, 1);
  const names = prepare ? new StatementNames() : undefined;
  const pool = new Pool({
    ...(typeof url === 'string'
      ? connectionOf(url, undefined, names, plans)
      : connectionFrom(url, undefined, names, plans)),
    application_name: applicationName,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', onError);
  // The pool listens to idle clients only: one that breaks as it is handed out or taken back, with nobody listening,
  // would end the process. Whoever uses it hears of it from his next statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

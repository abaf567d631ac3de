/** What a statement answered. */
export interface SqlResult {
  readonly rows: Record<string, unknown>[];
  /** Rows that were read or changed; null where the statement counts none. */
  readonly rowCount: number | null;
}

/** What runs SQL: a unit of work, a transaction of another tool, or anything else with `pg`'s `query`, e.g. its Pool. */
export interface SqlTransaction {
  query(text: string, values?: unknown[]): Promise<SqlResult>;
}

/** One transaction with its effects, its inbox row and its outgoing messages. `Db` is the tool's own handle of it. */
export interface UnitOfWork<Db> extends SqlTransaction {
  /** The transaction as the team's own tool hands it out: `pg`'s client, Kysely's transaction, TypeORM's manager. */
  readonly db: Db;
  /**
   * Runs `run` once the transaction has committed, after the ones before it; never when it is rolled back, and not when
   * the outcome of the commit is unknown. What it throws is reported and fails nothing.
   *
   * @throws Error when the transaction is over
   */
  afterCommit(run: () => void): void;
}

/** Names a transaction on the server: its process, and when it began. The next one on this connection began later. */
export interface TransactionIdentity {
  readonly pid: number;
  /** As PostgreSQL prints `now()`. */
  readonly startedAt: string;
}

/** Wraps the transaction function of the tool that a team uses. */
export interface TransactionAdapter<Db> {
  /**
   * Runs `work` in one transaction and resolves once it is committed. Rejects, rolled back, when `work` rejects. `signal`
   * is aborted when the transaction is given up: an adapter may then close its connection instead of rolling back.
   */
  transaction<Result>(work: (db: Db) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /** Runs a statement with `$1`, `$2` … as its parameters inside the transaction that `db` is. */
  query(db: Db, text: string, values: unknown[]): Promise<SqlResult>;
  /**
   * Which transaction `db` is, where it was asked along with its begin; a statement of its own asks when this is absent
   * or answers undefined. Only for transactions with a signal.
   */
  identityOf?(db: Db): TransactionIdentity | undefined;
}

export interface TransactionOptions {
  /**
   * Gives the transaction up while it is open: its connection is destroyed, so that it holds no lock, and the call
   * rejects with the signal's reason. Has no effect once `work` has ended: what the database answers to the commit is
   * then the truth.
   */
  readonly signal?: AbortSignal | undefined;
}

import type { Pool } from 'pg';
import type { OnWake } from '../outbox/wakes.js';
import { OpenUnitOfWork } from './open-unit-of-work.js';
import type { TransactionAdapter, TransactionIdentity, TransactionOptions, UnitOfWork } from './sql-transaction.js';

interface UnitsOfWorkOptions<Db> {
  /** Ends the transactions that are given up. */
  readonly pool: Pool;
  readonly adapter: TransactionAdapter<Db>;
  readonly wake: OnWake;
  readonly onError: (error: unknown) => void;
}

/** Answers the {@link TransactionIdentity} of the transaction that it runs in. */
export const askIdentity = 'SELECT pg_backend_pid() AS pid, now()::text AS "startedAt"';

/** Runs units of work over the transaction function of any tool. */
export class UnitsOfWork<Db> {
  readonly #options: UnitsOfWorkOptions<Db>;

  constructor(options: UnitsOfWorkOptions<Db>) {
    this.#options = options;
  }

  async transaction<Result>(
    work: (tx: UnitOfWork<Db>) => Promise<Result>,
    { signal }: TransactionOptions = {},
  ): Promise<Result> {
    if (signal === undefined) return this.#run(work);
    signal.throwIfAborted();
    const attempt = new Attempt(signal, (identity) => this.#terminate(identity));
    const { adapter } = this.#options;
    const attempted = (tx: UnitOfWork<Db>): Promise<Result> => attempt.run(tx, work, adapter.identityOf?.(tx.db));
    try {
      return await Promise.race([this.#run(attempted, attempt.givenUp), attempt.ended]);
    } catch (error) {
      // What the tool says about its lost connection is a consequence.
      if (attempt.givenUp.aborted) throw signal.reason;
      throw error;
    } finally {
      attempt.forget();
    }
  }

  async #run<Result>(work: (tx: UnitOfWork<Db>) => Promise<Result>, givenUp?: AbortSignal): Promise<Result> {
    const { adapter, wake, onError } = this.#options;
    // A tool that repeats a failed transaction begins a new unit of work each time; the last one is what committed.
    let last: OpenUnitOfWork<Db> | undefined;
    const result = await adapter.transaction(async (db) => {
      const tx = new OpenUnitOfWork(db, adapter);
      last = tx;
      try {
        return await work(tx);
      } finally {
        tx.close();
      }
    }, givenUp);
    last?.committed(wake, onError);
    return result;
  }

  /** Ends the transaction on the server, where its statement may wait for a lock and never notice that we are gone. */
  async #terminate({ pid, startedAt }: TransactionIdentity): Promise<void> {
    const { pool, onError } = this.#options;
    try {
      await pool.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND xact_start = $2::timestamptz',
        [pid, startedAt],
      );
    } catch (error) {
      onError(error);
    }
  }
}

/** One call with a signal: while its work runs, an abort gives the transaction up; after it, the commit decides. */
class Attempt {
  readonly #signal: AbortSignal;
  readonly #terminate: (identity: TransactionIdentity) => Promise<void>;
  readonly #givenUp = new AbortController();
  readonly #rejection = Promise.withResolvers<never>();
  readonly #end = Promise.withResolvers<never>();
  #identity: TransactionIdentity | undefined;
  #workEnded = false;

  constructor(signal: AbortSignal, terminate: (identity: TransactionIdentity) => Promise<void>) {
    this.#signal = signal;
    this.#terminate = terminate;
    // Nobody may be listening to them when they reject.
    this.#rejection.promise.catch(() => undefined);
    this.#end.promise.catch(() => undefined);
    signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** Aborted once the transaction is given up. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** Rejects when the transaction is given up and the server knows. */
  get ended(): Promise<never> {
    return this.#end.promise;
  }

  async run<Result, Tx extends { query: UnitOfWork<unknown>['query'] }>(
    tx: Tx,
    work: (tx: Tx) => Promise<Result>,
    known: TransactionIdentity | undefined,
  ): Promise<Result> {
    this.givenUp.throwIfAborted();
    this.#identity = known ?? ((await tx.query(askIdentity)).rows[0] as unknown as TransactionIdentity);
    this.givenUp.throwIfAborted();
    const result = await Promise.race([work(tx), this.#rejection.promise]);
    this.#workEnded = true;
    return result;
  }

  forget(): void {
    this.#signal.removeEventListener('abort', this.#giveUp);
  }

  readonly #giveUp = (): void => {
    if (this.#workEnded) return;
    const { reason } = this.#signal;
    this.#givenUp.abort(reason);
    this.#rejection.reject(reason);
    const terminated = this.#identity === undefined ? Promise.resolve() : this.#terminate(this.#identity);
    void terminated.then(() => this.#end.reject(reason));
  };
}

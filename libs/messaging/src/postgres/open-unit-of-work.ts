import { AfterCommit } from '../outbox/after-commit.js';
import type { SqlResult, TransactionAdapter, UnitOfWork } from './sql-transaction.js';

/** A unit of work from the begin of its transaction to its end. */
export class OpenUnitOfWork<Db> implements UnitOfWork<Db> {
  readonly db: Db;
  readonly #adapter: TransactionAdapter<Db>;
  readonly #afterCommit = new AfterCommit();
  #wroteMessages = false;

  constructor(db: Db, adapter: TransactionAdapter<Db>) {
    this.db = db;
    this.#adapter = adapter;
  }

  query(text: string, values: unknown[] = []): Promise<SqlResult> {
    // The connection may serve another transaction by then.
    if (!this.#afterCommit.isOpen) {
      return Promise.reject(new Error('The transaction is over: await every query inside `work`.'));
    }
    return this.#adapter.query(this.db, text, values);
  }

  afterCommit(run: () => void): void {
    this.#afterCommit.add(run);
  }

  /** The relay is to be woken after the commit. */
  wroteMessages(): void {
    this.#wroteMessages = true;
  }

  /** Takes no query and no callback any more. */
  close(): void {
    this.#afterCommit.close();
  }

  /** Does what was to be done after the commit; the relay comes first. */
  committed(wake: () => void, report: (error: unknown) => void): void {
    if (this.#wroteMessages) wake();
    this.#afterCommit.run(report);
  }
}

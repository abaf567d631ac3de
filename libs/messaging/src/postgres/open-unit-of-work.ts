import { AfterCommit } from '../outbox/after-commit.js';
import { nameOf } from '../outbox/outlet.js';
import type { OnWake } from '../outbox/wakes.js';
import type { Destination, Outgoing } from '../transport.js';
import type { SqlResult, TransactionAdapter, UnitOfWork } from './sql-transaction.js';

/** A unit of work from the begin of its transaction to its end. */
export class OpenUnitOfWork<Db> implements UnitOfWork<Db> {
  readonly db: Db;
  readonly #adapter: TransactionAdapter<Db>;
  readonly #afterCommit = new AfterCommit();
  /** By name. */
  readonly #destinations = new Map<string, Destination>();

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

  /** The relay is to be woken after the commit, for the destinations of these messages. */
  wroteMessages(messages: readonly Outgoing[]): void {
    for (const { to } of messages) this.#destinations.set(nameOf(to), to);
  }

  /** Takes no query and no callback any more. */
  close(): void {
    this.#afterCommit.close();
  }

  /** Does what was to be done after the commit; the relay comes first. */
  committed(wake: OnWake, report: (error: unknown) => void): void {
    if (this.#destinations.size > 0) wake([...this.#destinations.values()]);
    this.#afterCommit.run(report);
  }
}

import type { Pool } from 'pg';
import type { Outbox, OutboxBacklog, SetAside } from '../outbox/outbox.js';
import type { OnWake } from '../outbox/wakes.js';
import type { Outgoing, ScheduledMessage } from '../transport.js';
import { type CancelledMessage, noteCancelled } from './outbox-scheduled.js';
import { readBacklog } from './outbox-backlog.js';
import { type EffectParts, EffectStatements } from './effect-statements.js';
import { type Effect, outboxInsert, outboxValues } from './outbox-rows.js';
import { OpenUnitOfWork } from './open-unit-of-work.js';
import { PostgresSetAside } from './postgres-set-aside.js';
import type { SqlTransaction } from './sql-transaction.js';

const addText = outboxInsert(1);

/** Its first parameters are the values of the effect, and the messages' are the next. */
function addingStatement({ text, parameters, messageIds }: EffectParts): string {
  return `WITH ${text} ${outboxInsert(parameters + 1, messageIds)}`;
}

/** An outbox in PostgreSQL; a relay sends what it holds. */
export class PostgresOutbox implements Outbox<SqlTransaction> {
  readonly #pool: Pool;
  readonly #wake: OnWake;
  readonly #effects = new EffectStatements(addingStatement);
  readonly setAside: SetAside;

  constructor(pool: Pool, wake: OnWake) {
    this.#pool = pool;
    this.setAside = new PostgresSetAside(pool, wake);
    this.#wake = wake;
  }

  /**
   * Writes the messages as part of `tx`. After the commit of a unit of work the relay is woken. When `tx` is a
   * transaction of another tool, nothing here hears of its commit: the relay's sweep finds the messages, or the
   * messaging's `wake()` after that commit.
   */
  async add(tx: SqlTransaction, messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    await tx.query(addText, [...outboxValues(messages)]);
    if (tx instanceof OpenUnitOfWork) tx.wroteMessages(messages);
  }

  /**
   * Writes an effect and its messages by one statement: one round trip, and outside a transaction one commit. The relay
   * is woken after it; in a unit of work, after that one's commit. Answers the messages that were written: all, unless the
   * effect has `messageIds`.
   */
  async addWith(db: SqlTransaction, effect: Effect, messages: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    const { text, values, messageIds } = effect;
    const statement = this.#effects.of({ text, parameters: values.length, messageIds });
    const { rows } = await db.query(statement, [...values, ...outboxValues(messages)]);
    const ids = messageIds === undefined ? undefined : new Set(rows.map((row) => row['message_id']));
    const written = ids === undefined ? messages : messages.filter(({ envelope }) => ids.has(envelope.id));
    if (written.length === 0) return written;
    if (db instanceof OpenUnitOfWork) db.wroteMessages(written);
    else this.#wake(written.map(({ to }) => to));
    return written;
  }

  /**
   * Says, as part of `tx`, that a message added with a `deliverAt` is not to be delivered. After the commit give each that
   * this answers to `Transport.cancelScheduled`: there are several when a relay had to send the message again. None means
   * that no relay has sent it yet, and the one that does takes it back. Best effort: a message whose time has come, or whose taking back failed, is delivered. So whoever
   * handles it must be able to tell that it was cancelled.
   */
  cancelScheduled(tx: SqlTransaction, message: CancelledMessage): Promise<readonly ScheduledMessage[]> {
    return noteCancelled(tx, message);
  }

  backlog(): Promise<OutboxBacklog> {
    return readBacklog(this.#pool);
  }
}

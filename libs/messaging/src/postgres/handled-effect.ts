import type { Outgoing } from '../transport.js';
import { outboxInsert, outboxValues, type Statement } from './outbox-rows.js';

/** What messages come to, as part of the statement that writes their inbox rows. */
export interface HandledEffect extends Statement {
  /**
   * What stands after `WITH handled AS (…),`: one or more `name AS (INSERT … )`, parameters from `$1`. `handled` has one
   * column `message_id`, and a row for each message that was not handled before; everything takes its rows from there:
   * `stored AS (INSERT INTO parcels (id) SELECT id FROM (SELECT unnest($1::text[]) AS message_id, unnest($2::uuid[]) AS id)
   * AS parcel JOIN handled USING (message_id) ORDER BY id)`. All of it sees the tables as they were before the statement, and
   * PostgreSQL runs the parts in any order, unless one reads what another one returns.
   */
  readonly text: string;
  /** Messages that go into the outbox; none when absent. */
  readonly sends?:
    | {
        readonly messages: readonly Outgoing[];
        /** A query over the parts of `text`, which answers the ids of those that are written. */
        readonly ids: string;
      }
    | undefined;
}

/** @throws TypeError for an effect that does not look at `handled` */
export function requireHandled({ text }: Statement): void {
  if (/\bhandled\b/.test(text)) return;
  throw new TypeError('The effect has to take its rows from `handled`, or it happens with every delivery.');
}

/**
 * The statement that writes inbox rows, effect and messages; it answers a row `message_id` for each message that went into
 * the outbox. Its text is the same however many there are, so that it is prepared once.
 *
 * @param sortedIds of the messages, so that two statements with the same ones cannot wait for each other
 * @throws TypeError for an effect that does not look at `handled`
 */
export function onceStatement(consumer: string, sortedIds: readonly string[], effect: HandledEffect): Statement {
  requireHandled(effect);
  const { text, values, sends } = effect;
  const own = values.length + 1;
  return {
    text: `WITH handled AS (
        INSERT INTO inbox (consumer, message_id) SELECT $${own}, unnest($${own + 1}::text[])
        ON CONFLICT DO NOTHING RETURNING message_id
      ), ${text} ${sends ? outboxInsert(own + 2, sends.ids) : 'SELECT WHERE false'}`,
    values: [...values, consumer, sortedIds, ...(sends ? outboxValues(sends.messages) : [])],
  };
}

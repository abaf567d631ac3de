import type { Outgoing } from '../transport.js';
import { outboxInsert, type Statement } from './outbox-rows.js';

/** What messages come to, as part of the statement that writes their inbox rows. */
export interface HandledEffect extends Statement {
  /**
   * What stands after `WITH handled AS (…),`: one or more `name AS (INSERT … )`, parameters from `$1`. `handled` has one
   * column `message_id`, and a row for each message that was not handled before; everything takes its rows from there:
   * `stored AS (INSERT INTO parcels (id) SELECT id FROM unnest($1::text[], $2::uuid[]) AS parcel(message_id, id)
   * JOIN handled USING (message_id) ORDER BY id)`. All of it sees the tables as they were before the statement, and
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
  const insert = sends && outboxInsert(sends.messages, own + 2, sends.ids);
  return {
    text: `WITH handled AS (
        INSERT INTO inbox (consumer, message_id) SELECT $${own}, id FROM unnest($${own + 1}::text[]) AS id
        ON CONFLICT DO NOTHING RETURNING message_id
      ), ${text} ${insert?.text ?? 'SELECT WHERE false'}`,
    values: [...values, consumer, sortedIds, ...(insert?.values ?? [])],
  };
}

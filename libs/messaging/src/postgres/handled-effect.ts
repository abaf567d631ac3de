import type { Outgoing } from '../transport.js';
import type { EffectParts } from './effect-statements.js';
import { outboxInsert, type Statement } from './outbox-rows.js';

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

/**
 * The statement that writes an inbox row and an effect: one row where the message was not handled before, none where it was.
 * Behind the parameters of the effect come consumer and id.
 * @throws TypeError for an effect that does not look at `handled`
 */
export function onceStatement({ text, parameters }: EffectParts): string {
  requireHandled(text);
  return `WITH handled AS (
      INSERT INTO inbox (consumer, message_id) VALUES ($${parameters + 1}, $${parameters + 2})
      ON CONFLICT DO NOTHING RETURNING message_id
    ), effect AS (${text})
    SELECT FROM handled`;
}

/**
 * The statement that writes inbox rows, effect and messages; it answers a row `message_id` for each message that went into
 * the outbox. Behind the parameters of the effect come consumer, ids and the messages' values. Its text is the same however
 * many there are, so that it is prepared once.
 * @throws TypeError for an effect that does not look at `handled`
 */
export function onceManyStatement({ text, parameters, messageIds }: EffectParts): string {
  requireHandled(text);
  const sends = messageIds === undefined ? 'SELECT WHERE false' : outboxInsert(parameters + 3, messageIds);
  return `WITH handled AS (
      INSERT INTO inbox (consumer, message_id) SELECT $${parameters + 1}, unnest($${parameters + 2}::text[])
      ON CONFLICT DO NOTHING RETURNING message_id
    ), ${text} ${sends}`;
}

function requireHandled(text: string): void {
  if (/\bhandled\b/.test(text)) return;
  throw new TypeError('The effect has to take its rows from `handled`, or it happens with every delivery.');
}

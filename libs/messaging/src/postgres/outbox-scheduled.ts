import type { Pool } from 'pg';
import type { Outgoing, ScheduledMessage, Transport } from '../transport.js';
import type { SqlTransaction } from './sql-transaction.js';

/** Rows whose time has passed that one statement removes at most. */
const REMOVED_AT_ONCE = 100;

/** A message that was added to the outbox with a `deliverAt`. */
export interface CancelledMessage extends Pick<Outgoing, 'to'> {
  /** The id of its envelope. */
  readonly messageId: string;
  readonly deliverAt: Date;
}

/**
 * Notes, as part of `tx`, that the message is not to be delivered any more. Answers what takes it back from the broker, one
 * for each time that it was sent; nothing when no relay has sent it yet: the one that does takes it back.
 */
export async function noteCancelled(
  tx: SqlTransaction,
  { to, messageId, deliverAt }: CancelledMessage,
): Promise<readonly ScheduledMessage[]> {
  const { rows } = await tx.query(
    `INSERT INTO outbox_scheduled AS scheduled (message_id, destination_kind, destination, deliver_at, cancelled)
     VALUES ($1, $2, $3, $4, true)
     ON CONFLICT (message_id, destination_kind, destination) DO UPDATE SET cancelled = true
     RETURNING reference`,
    [messageId, 'queue' in to ? 'queue' : 'topic', 'queue' in to ? to.queue : to.topic, deliverAt],
  );
  const references = rows[0]?.['reference'];
  return typeof references === 'string' ? split(references).map((reference) => ({ to, reference })) : [];
}

/** What stands between the references of one message in its row. */
const SEPARATOR = '\n';

function split(references: string): readonly string[] {
  return references.split(SEPARATOR);
}

interface ScheduledOptions {
  readonly pool: Pool;
  readonly transport: Pick<Transport, 'cancelScheduled'>;
  /** Called with what goes wrong with an answer that came late. */
  readonly onLateError: (error: unknown) => void;
}

/** What a relay's sends have scheduled at the broker. */
export class ScheduledMessages {
  readonly #options: ScheduledOptions;
  #scheduled: { readonly outgoing: Outgoing; readonly reference: string }[] = [];
  #isSettled = false;
  #late: Promise<void> = Promise.resolve();

  constructor(options: ScheduledOptions) {
    this.#options = options;
  }

  /** For `SendOptions.onScheduled`, also when the broker answers a send that is given up already. */
  readonly add = (outgoing: Outgoing, { reference }: ScheduledMessage): void => {
    this.#scheduled.push({ outgoing, reference });
    if (!this.#isSettled) return;
    const { onLateError } = this.#options;
    this.#late = this.#late
      .then(() => this.settle())
      .then((failures) => failures.forEach((error) => onLateError(error)))
      .catch(onLateError);
  };

  /**
   * Keeps what takes them back, and takes those back that were cancelled meanwhile. Runs before their rows leave the
   * outbox: after a crash they are sent again, which the broker drops, and come here again. Answers what could not be
   * taken back; rejects when the database fails.
   */
  async settle(): Promise<readonly unknown[]> {
    this.#isSettled = true;
    const scheduled = this.#scheduled;
    this.#scheduled = [];
    if (scheduled.length === 0) return [];
    const failures: unknown[] = [];
    for (const cancelled of await this.#keep(scheduled)) {
      try {
        await this.#options.transport.cancelScheduled?.(cancelled);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /**
   * All references stay: a message whose answer came late was sent again, and only the broker knows which of them it
   * dropped as a duplicate.
   */
  async #keep(scheduled: readonly { outgoing: Outgoing; reference: string }[]): Promise<readonly ScheduledMessage[]> {
    const { rows } = await this.#options.pool.query<{
      kind: string;
      destination: string;
      reference: string;
      cancelled: boolean;
    }>(
      `WITH passed AS (
         DELETE FROM outbox_scheduled WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM outbox_scheduled WHERE deliver_at < now() - interval '1 hour'
           ORDER BY deliver_at LIMIT ${REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED))
       )
       INSERT INTO outbox_scheduled AS kept (message_id, destination_kind, destination, reference, deliver_at)
       SELECT id, kind, name, string_agg(DISTINCT reference, $6), min(deliver_at)
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
         AS sent (id, kind, name, reference, deliver_at)
       GROUP BY 1, 2, 3
       ON CONFLICT (message_id, destination_kind, destination)
         DO UPDATE SET reference = (
           SELECT string_agg(DISTINCT each, $6)
           FROM unnest(string_to_array(concat_ws($6, kept.reference, excluded.reference), $6)) AS each)
       RETURNING destination_kind AS kind, destination, reference, cancelled`,
      [
        scheduled.map(({ outgoing }) => outgoing.envelope.id),
        scheduled.map(({ outgoing: { to } }) => ('queue' in to ? 'queue' : 'topic')),
        scheduled.map(({ outgoing: { to } }) => ('queue' in to ? to.queue : to.topic)),
        scheduled.map(({ reference }) => reference),
        scheduled.map(({ outgoing }) => outgoing.deliverAt),
        SEPARATOR,
      ],
    );
    return rows
      .filter(({ cancelled }) => cancelled)
      .flatMap(({ kind, destination, reference }) =>
        split(reference).map((each) => ({
          to: kind === 'queue' ? { queue: destination } : { topic: destination },
          reference: each,
        })),
      );
  }
}

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
 * Notes, as part of `tx`, that the message is not to be delivered any more. Answers what takes it back from the broker;
 * undefined when no relay has sent it yet: the one that does takes it back.
 */
export async function noteCancelled(
  tx: SqlTransaction,
  { to, messageId, deliverAt }: CancelledMessage,
): Promise<ScheduledMessage | undefined> {
  const { rows } = await tx.query(
    `INSERT INTO outbox_scheduled AS scheduled (message_id, destination_kind, destination, deliver_at, cancelled)
     VALUES ($1, $2, $3, $4, true)
     ON CONFLICT (message_id, destination_kind, destination) DO UPDATE SET cancelled = true
     RETURNING reference`,
    [messageId, 'queue' in to ? 'queue' : 'topic', 'queue' in to ? to.queue : to.topic, deliverAt],
  );
  const reference = rows[0]?.['reference'];
  return typeof reference === 'string' ? { to, reference } : undefined;
}

/** What a relay's sends have scheduled at the broker. */
export class ScheduledMessages {
  readonly #pool: Pool;
  readonly #transport: Pick<Transport, 'cancelScheduled'>;
  readonly #scheduled: { readonly outgoing: Outgoing; readonly reference: string }[] = [];

  constructor(pool: Pool, transport: Pick<Transport, 'cancelScheduled'>) {
    this.#pool = pool;
    this.#transport = transport;
  }

  /** For `SendOptions.onScheduled`. */
  readonly add = (outgoing: Outgoing, { reference }: ScheduledMessage): void => {
    this.#scheduled.push({ outgoing, reference });
  };

  /**
   * Keeps what takes them back, and takes those back that were cancelled meanwhile. Runs before their rows leave the
   * outbox: after a crash they are sent again, which the broker drops, and come here again. Answers what could not be
   * taken back; rejects when the database fails.
   */
  async settle(): Promise<readonly unknown[]> {
    if (this.#scheduled.length === 0) return [];
    const failures: unknown[] = [];
    for (const cancelled of await this.#keep()) {
      try {
        await this.#transport.cancelScheduled?.(cancelled);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /** The first reference stays: a second send of a message is a duplicate, which the broker does not keep. */
  async #keep(): Promise<readonly ScheduledMessage[]> {
    const { rows } = await this.#pool.query<{
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
       SELECT DISTINCT ON (1, 2, 3) *
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
       ON CONFLICT (message_id, destination_kind, destination)
         DO UPDATE SET reference = coalesce(kept.reference, excluded.reference)
       RETURNING destination_kind AS kind, destination, reference, cancelled`,
      [
        this.#scheduled.map(({ outgoing }) => outgoing.envelope.id),
        this.#scheduled.map(({ outgoing: { to } }) => ('queue' in to ? 'queue' : 'topic')),
        this.#scheduled.map(({ outgoing: { to } }) => ('queue' in to ? to.queue : to.topic)),
        this.#scheduled.map(({ reference }) => reference),
        this.#scheduled.map(({ outgoing }) => outgoing.deliverAt),
      ],
    );
    return rows
      .filter(({ cancelled }) => cancelled)
      .map(({ kind, destination, reference }) => ({
        to: kind === 'queue' ? { queue: destination } : { topic: destination },
        reference,
      }));
  }
}

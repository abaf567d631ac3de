import type { Envelope } from '../envelope.js';
import { bucketOf, orderingKeyOf } from '../outbox/bucket.js';
import type { Waiting } from '../outbox/send-in-order.js';
import type { Destination, Outgoing } from '../transport.js';
import type { CopiedRow } from './copied-rows.js';
import { RowColumns } from './row-columns.js';

/** A statement for `pg`'s `query`. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What is written together with messages. */
export interface Effect extends Statement {
  /** What stands after `WITH`: `stored AS (INSERT INTO orders VALUES ($1, …))`. */
  readonly text: string;
  /**
   * A query over what stands after `WITH`, for an effect that decides which of the messages are written: it answers their
   * ids. All are written when absent.
   */
  readonly messageIds?: string;
}

const columns = new RowColumns<Outgoing>(
  ['bucket', 'smallint', ({ envelope }) => bucketOf(orderingKeyOf(envelope))],
  ['destination_kind', 'text', ({ to }) => ('queue' in to ? 'queue' : 'topic')],
  ['destination', 'text', ({ to }) => ('queue' in to ? to.queue : to.topic)],
  ['message_id', 'text', ({ envelope }) => envelope.id],
  ['ordering_key', 'text', ({ envelope }) => envelope.orderingKey],
  ['type', 'text', ({ envelope }) => envelope.type],
  ['version', 'integer', ({ envelope }) => envelope.version],
  ['source', 'text', ({ envelope }) => envelope.source],
  ['time', 'text', ({ envelope }) => envelope.time],
  ['correlation_id', 'text', ({ envelope }) => envelope.correlationId],
  ['content_type', 'text', ({ envelope }) => envelope.contentType],
  ['headers', 'jsonb', ({ envelope }) => JSON.stringify(envelope.headers)],
  ['body', 'bytea', ({ envelope: { body } }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)],
  ['deliver_at', 'timestamptz', ({ deliverAt }) => deliverAt?.toISOString()],
  ['time_to_live_ms', 'double precision', ({ timeToLiveMs }) => timeToLiveMs],
);

/**
 * One insert for any number of messages, whose parameters are {@link outboxValues}. Ids follow their order.
 * @param messageIds a query for the ids of those to insert, which the statement then answers; all when absent
 */
export function outboxInsert(firstParameter: number, messageIds?: string): string {
  const [chosen, answer] =
    messageIds === undefined ? ['', ''] : [` WHERE message_id IN (${messageIds})`, ' RETURNING message_id'];
  return (
    `INSERT INTO outbox (${columns.list}) SELECT ${columns.list} ` +
    `FROM ${columns.asTableInOrder('message', firstParameter)}${chosen} ORDER BY position${answer}`
  );
}

/** What {@link outboxInsert} inserts. */
export const outboxValues = (messages: readonly Outgoing[]): readonly unknown[] => columns.values(messages);

/** A message read from the outbox, with what it takes to remove it again. */
export interface OutboxRow extends Waiting {
  readonly id: string;
  /** The bucket it is stored in: below 0 while its ordering key is held. */
  readonly bucket: number;
  /** How often its ordering key has failed before. */
  readonly attempts: number;
}

/** A held row's bucket is this much lower, -16 to -1, so that whoever reads a bucket never passes it. */
export const HELD_BUCKETS = 16;

/** The bucket whose lease covers the row. */
export const leasedBucket = ({ bucket }: OutboxRow): number => (bucket < 0 ? bucket + HELD_BUCKETS : bucket);

/** What whoever reads a destination's messages knows without being told. */
const knownColumns: ReadonlySet<string> = new Set(['destination_kind', 'destination']);

/** What {@link toOutboxRow} needs, but for the attempts. */
export const selectedColumns = (table: string): string =>
  ['id', ...columns.names]
    .filter((name) => !knownColumns.has(name))
    .map((name) => `${table}.${name}`)
    .join(', ');

/** The outbox's columns that an app writes, and the one that the database adds. */
export const storedColumns: readonly string[] = Object.freeze([...columns.names, 'created_at']);

/** A row as the database answers {@link selectedColumns}. */
export interface StoredMessage {
  readonly id: string;
  readonly bucket: number;
  readonly attempts: number;
  readonly message_id: string;
  readonly ordering_key: string | null;
  readonly type: string;
  readonly version: number;
  readonly source: string;
  readonly time: string;
  readonly correlation_id: string | null;
  readonly content_type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly deliver_at: Date | null;
  readonly time_to_live_ms: number | null;
}

/** Reads {@link selectedColumns}, but for the attempts that come behind them. */
export function readStored(row: CopiedRow): Omit<StoredMessage, 'attempts'> {
  return {
    id: row.bigint(),
    bucket: row.smallint(),
    message_id: row.text(),
    ordering_key: row.textOrNull(),
    type: row.text(),
    version: row.integer(),
    source: row.text(),
    time: row.text(),
    correlation_id: row.textOrNull(),
    content_type: row.text(),
    headers: row.json() as StoredMessage['headers'],
    body: row.bytes(),
    deliver_at: row.timeOrNull(),
    time_to_live_ms: row.doubleOrNull(),
  };
}

/** `to`: the destination whose messages were read. */
export function toOutboxRow(stored: StoredMessage, to: Destination): OutboxRow {
  const envelope: Envelope = {
    id: stored.message_id,
    type: stored.type,
    version: stored.version,
    source: stored.source,
    time: stored.time,
    ...(stored.ordering_key !== null && { orderingKey: stored.ordering_key }),
    ...(stored.correlation_id !== null && { correlationId: stored.correlation_id }),
    contentType: stored.content_type,
    headers: stored.headers,
    body: stored.body,
  };
  return {
    id: stored.id,
    bucket: stored.bucket,
    attempts: stored.attempts,
    outgoing: {
      to,
      envelope,
      ...(stored.deliver_at !== null && { deliverAt: stored.deliver_at }),
      ...(stored.time_to_live_ms !== null && { timeToLiveMs: stored.time_to_live_ms }),
    },
  };
}

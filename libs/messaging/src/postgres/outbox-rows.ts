import type { Pool, QueryResult } from 'pg';
import type { Envelope } from '../envelope.js';
import { bucketOf, orderingKeyOf } from '../outbox/bucket.js';
import type { Waiting } from '../outbox/send-in-order.js';
import type { Outgoing } from '../transport.js';

/** A statement for `pg`'s `query`. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The outbox's columns, in the order of {@link outboxInsert}'s parameters, each with its type and its value. */
const columns: readonly (readonly [string, string, (message: Outgoing) => unknown])[] = [
  ['bucket', 'smallint', ({ envelope }) => bucketOf(orderingKeyOf(envelope))],
  ['destination_kind', 'text', ({ to }) => ('queue' in to ? 'queue' : 'topic')],
  ['destination', 'text', ({ to }) => ('queue' in to ? to.queue : to.topic)],
  ['message_id', 'text', ({ envelope }) => envelope.id],
  ['ordering_key', 'text', ({ envelope }) => envelope.orderingKey ?? null],
  ['type', 'text', ({ envelope }) => envelope.type],
  ['version', 'integer', ({ envelope }) => envelope.version],
  ['source', 'text', ({ envelope }) => envelope.source],
  ['time', 'text', ({ envelope }) => envelope.time],
  ['correlation_id', 'text', ({ envelope }) => envelope.correlationId ?? null],
  ['content_type', 'text', ({ envelope }) => envelope.contentType],
  ['headers', 'jsonb', ({ envelope }) => JSON.stringify(envelope.headers)],
  ['body', 'bytea', ({ envelope: { body } }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)],
  ['deliver_at', 'timestamptz', ({ deliverAt }) => deliverAt?.toISOString() ?? null],
];

const names = columns.map(([name]) => name).join(', ');

/** One insert for any number of messages, its parameters numbered from `firstParameter`. Ids follow their order. */
export function outboxInsert(
  messages: readonly Outgoing[],
  firstParameter: number,
): { text: string; values: unknown[] } {
  const parameters = columns.map(([, type], index) => `$${firstParameter + index}::${type}[]`).join(', ');
  return {
    text:
      `INSERT INTO outbox (${names}) SELECT ${names} ` +
      `FROM unnest(${parameters}) WITH ORDINALITY AS message(${names}, position) ORDER BY position`,
    values: columns.map(([, , valueOf]) => messages.map(valueOf)),
  };
}

/** A message read from the outbox, with what it takes to remove it again. */
export interface OutboxRow extends Waiting {
  readonly id: string;
  readonly bucket: number;
  /** How often its ordering key has failed before. */
  readonly attempts: number;
}

/**
 * Reads the oldest sendable rows of some buckets. A row with a lower id may commit after one with a higher id was
 * sent; nothing is lost by that, since every read begins at the lowest id. For one ordering key it means: transactions
 * that write the same key at the same time have no order among themselves. Who needs one locks first (say, the order's
 * row) and adds to the outbox afterwards; ids then follow the commits.
 *
 * The settings hold for this statement only. They leave the planner nothing but the primary key's order, so that a batch
 * costs the same however long the backlog is: with the statistics of an empty table, which an outbox mostly is, it would
 * read and sort whole buckets. (Several statements in one message cannot have parameters; these are numbers.)
 */
export async function readRows(pool: Pool, buckets: readonly number[], limit: number): Promise<OutboxRow[]> {
  const results: unknown = await pool.query(`${KEEP_INDEX_ORDER}; ${selectRows(buckets.map(Number), Number(limit))}`);
  const { rows } = (results as QueryResult<StoredMessage>[]).at(-1) as QueryResult<StoredMessage>;
  return rows.map(toOutboxRow);
}

const KEEP_INDEX_ORDER = ['bitmapscan', 'seqscan', 'hashjoin', 'mergejoin', 'material']
  .map((way) => `SET LOCAL enable_${way} = off`)
  .join('; ');

const selectRows = (buckets: readonly number[], limit: number): string => `
  SELECT * FROM (
    SELECT o.id, o.bucket, ${columns
      .slice(1)
      .map(([name]) => `o.${name}`)
      .join(', ')}, o.attempts
    FROM unnest(ARRAY[${buckets.join(', ')}]::smallint[]) AS wanted(bucket)
    CROSS JOIN LATERAL (
      SELECT outbox.*, coalesce(hold.attempts, 0) AS attempts
      FROM outbox LEFT JOIN outbox_holds hold
        ON hold.bucket = outbox.bucket AND hold.ordering_key = coalesce(outbox.ordering_key, outbox.message_id)
      WHERE outbox.bucket = wanted.bucket AND (hold.until IS NULL OR hold.until <= now())
      ORDER BY outbox.id LIMIT ${limit}
    ) o
    LIMIT ${limit}
  ) batch ORDER BY id`;

interface StoredMessage {
  readonly id: string;
  readonly bucket: number;
  readonly attempts: number;
  readonly destination_kind: 'queue' | 'topic';
  readonly destination: string;
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
}

function toOutboxRow(stored: StoredMessage): OutboxRow {
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
  const to = stored.destination_kind === 'queue' ? { queue: stored.destination } : { topic: stored.destination };
  return {
    id: stored.id,
    bucket: stored.bucket,
    attempts: stored.attempts,
    outgoing: { to, envelope, ...(stored.deliver_at !== null && { deliverAt: stored.deliver_at }) },
  };
}

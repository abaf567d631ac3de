import type { Destination } from '../transport.js';
import type { Lease } from './bucket-leases.js';
import { HELD_BUCKETS, selectedColumns, type StoredMessage } from './outbox-rows.js';

/**
 * The bodies of rows that are due, and of others, are this long together at most, and one body more, in bytes: a relay may
 * have four batches of large messages in memory, and more of them wait the longer the broker was away.
 */
export const BODIES_AT_ONCE = 8 * 2 ** 20;

/** What a worker works on. */
export interface Share {
  readonly destination: Destination;
  /** The buckets to read, in the order of their turn. */
  readonly leases: readonly Lease[];
}

/** A row as {@link selectBatch} answers it. */
export interface ReadRow extends StoredMessage {
  /** Its key was held and is due; it is stored out of the way. */
  readonly is_due: boolean;
  /** When its key is due; null where that is not held. */
  readonly due_at: Date | null;
  /** Its key is held, and it stands in the way. */
  readonly is_held: boolean;
}

/** What a select is told, as SQL expressions. */
export interface Terms {
  readonly buckets: string;
  readonly kind: string;
  readonly name: string;
  readonly limit: string;
}

/** For a prepared statement. */
export const parameters: Terms = { buckets: '$1::smallint[]', kind: '$2::text', name: '$3::text', limit: '$4::bigint' };

/** For a statement without parameters. */
export function literals({ destination, leases }: Share, limit: number): Terms {
  const { kind, name } = named(destination);
  return {
    buckets: `ARRAY[${leases.map(({ bucket }) => Number(bucket)).join(', ')}]::smallint[]`,
    kind: `'${kind}'`,
    name: `convert_from(decode('${Buffer.from(name, 'utf8').toString('hex')}', 'hex'), 'UTF8')`,
    limit: String(Number(limit)),
  };
}

/** As the columns `destination_kind` and `destination` have it. */
export function named(destination: Destination): { readonly kind: 'queue' | 'topic'; readonly name: string } {
  return 'queue' in destination
    ? { kind: 'queue', name: destination.queue }
    : { kind: 'topic', name: destination.topic };
}

const selectNext = (terms: Terms): string => `
    SELECT o.* FROM unnest(${terms.buckets}) AS wanted(bucket)
    CROSS JOIN LATERAL (
      SELECT ${selectedColumns('outbox')}, 0 AS attempts, false AS is_due, hold.bucket IS NOT NULL AS is_held,
             NULL::timestamptz AS due_at
      FROM outbox LEFT JOIN outbox_holds hold
        ON hold.bucket = outbox.bucket AND hold.ordering_key = coalesce(outbox.ordering_key, outbox.message_id)
      WHERE outbox.bucket = wanted.bucket AND ${isFor(terms)}
      ORDER BY outbox.destination, outbox.id LIMIT ${terms.limit}
    ) o
    LIMIT ${terms.limit}`;

const selectDue = (terms: Terms): string => `
  SELECT o.* FROM (
    SELECT bucket, ordering_key, attempts, coalesce(due, until) AS due_at FROM outbox_holds
    WHERE bucket = ANY(${terms.buckets}) AND coalesce(due, until) <= now()
    ORDER BY coalesce(due, until)
  ) hold
  CROSS JOIN LATERAL (
    SELECT ${selectedColumns('outbox')}, hold.attempts, true AS is_due, false AS is_held, hold.due_at FROM outbox
    WHERE outbox.bucket = (hold.bucket - ${HELD_BUCKETS})::smallint AND outbox.bucket < 0 AND ${isFor(terms)}
      AND coalesce(outbox.ordering_key, outbox.message_id) BETWEEN hold.ordering_key AND hold.ordering_key
    ORDER BY coalesce(outbox.ordering_key, outbox.message_id), outbox.destination, outbox.id LIMIT ${terms.limit}
  ) o
  LIMIT ${terms.limit}`;

/**
 * Both in one round trip, in no order: rows leave the database as they are found, and are read meanwhile. To put them in
 * order there would keep the first of them back until the last is found.
 */
export const selectBatch = (terms: Terms): string =>
  [selectDue(terms), selectNext(terms)].map((select) => `(${withinBytes(select)})`).join(' UNION ALL ');

/** The first of these rows: how long a body is can be told without reading it. */
const withinBytes = (select: string): string => `
  SELECT ${selectedColumns('o')}, o.attempts, o.is_due, o.is_held, o.due_at FROM (
    SELECT o.*, sum(octet_length(o.body)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(o.body) AS before
    FROM (${select}) o
  ) o WHERE o.before < ${BODIES_AT_ONCE}`;

/**
 * A range of one name instead of an equation: then only the index that has the name before the id gives the order asked
 * for. The primary key would give it as well otherwise, and lead past all that waits for others.
 */
export function isFor({ kind, name }: Terms): string {
  // With the collation of the column: with another one no index could be used.
  const text = `(${name} COLLATE "default")`;
  return `outbox.destination_kind = ${kind} AND outbox.destination BETWEEN ${text} AND ${text}`;
}

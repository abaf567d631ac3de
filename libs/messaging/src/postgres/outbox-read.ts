import type { Pool, QueryResult } from 'pg';
import type { Destination } from '../transport.js';
import type { Lease } from './bucket-leases.js';
import { type OutboxRow, selectedColumns, type StoredMessage, toOutboxRow } from './outbox-rows.js';

/** A held row's bucket is this much lower, -16 to -1, so that whoever reads a bucket never passes it. */
export const HELD_BUCKETS = 16;
/** Rows of held keys that one statement moves out of a bucket's way at most. */
const PARKED_AT_ONCE = 5_000;

/**
 * The settings hold for one statement only. They leave the planner nothing but the order of an index, so that a batch
 * costs the same however long the backlog is: with the statistics of an empty table, which an outbox mostly is, it would
 * read and sort whole buckets. (Several statements in one message cannot have parameters: numbers and hexadecimal digits
 * stand for them.)
 */
const KEEP_INDEX_ORDER = ['bitmapscan', 'seqscan', 'hashjoin', 'mergejoin', 'material', 'sort']
  .map((way) => `SET LOCAL enable_${way} = off`)
  .join('; ');

/** What a worker works on. */
export interface Share {
  readonly destination: Destination;
  /** The buckets to read, in the order of their turn. */
  readonly leases: readonly Lease[];
}

/** The next rows of a share. */
export interface ReadRows {
  readonly rows: readonly OutboxRow[];
  /** There may be more of them. */
  readonly more: boolean;
  /** Rows of held keys stand in the way of others: {@link parkHeld} moves them. */
  readonly passedHeld: boolean;
}

/** Runs a statement that must not cost more with a longer table; answers the results of its parts. */
export async function queryByIndex(pool: Pool, ...statements: readonly string[]): Promise<readonly QueryResult[]> {
  const results: unknown = await pool.query([KEEP_INDEX_ORDER, ...statements].join('; '));
  return (results as QueryResult[]).slice(-statements.length);
}

/**
 * Reads the oldest rows of a share that may be sent: those of held keys that are due, then those of keys that are not
 * held. A row with a lower id may commit after one with a higher id was sent; nothing is lost by that, since every read
 * begins at the lowest id. For one ordering key it means: transactions that write the same key at the same time have no
 * order among themselves. Who needs one locks first (say, the order's row) and adds to the outbox afterwards; ids then
 * follow the commits.
 */
export async function readRows(pool: Pool, share: Share, limit: number): Promise<ReadRows> {
  const [due, next] = await queryByIndex(pool, selectDue(share, limit), selectNext(share, limit));
  const dueRows = (due?.rows as StoredMessage[]).map(toOutboxRow);
  const nextRows = next?.rows as (StoredMessage & { readonly is_held: boolean })[];
  const free = nextRows.filter(({ is_held }) => !is_held).map(toOutboxRow);
  // What was held is older; it gets half of a batch at least, and leaves the other half to the others.
  const fromDue = Math.min(dueRows.length, Math.max(Math.ceil(limit / 2), limit - free.length));
  const rows = [...dueRows.slice(0, fromDue), ...free.slice(0, limit - fromDue)];
  const passedHeld = free.length < nextRows.length;
  const more =
    passedHeld ||
    Math.max(dueRows.length, nextRows.length, rows.length) >= limit ||
    rows.length < dueRows.length + free.length;
  return { rows, more, passedHeld };
}

/**
 * Moves rows of held keys out of the way of the others, some thousands at a time. Each is moved once while its key is
 * held, so that no read has to pass it again.
 */
export async function parkHeld(pool: Pool, share: Share): Promise<void> {
  await queryByIndex(
    pool,
    `WITH passed AS (
       SELECT o.bucket, o.id FROM (VALUES ${leaseValues(share.leases)}) AS lease(bucket, token)
       JOIN outbox_buckets holder ON holder.bucket = lease.bucket AND holder.token = lease.token
       CROSS JOIN LATERAL (
         SELECT outbox.bucket, outbox.id, coalesce(outbox.ordering_key, outbox.message_id) AS key FROM outbox
         WHERE outbox.bucket = lease.bucket AND ${isFor(share.destination)}
         ORDER BY outbox.destination, outbox.id LIMIT ${PARKED_AT_ONCE}
       ) o
       JOIN outbox_holds hold ON hold.bucket = o.bucket AND hold.ordering_key = o.key
     )
     UPDATE outbox SET bucket = outbox.bucket - ${HELD_BUCKETS} FROM passed
     WHERE outbox.bucket = passed.bucket AND outbox.id = passed.id`,
  );
}

/** The destinations that something waits for in these buckets, held or not. Costs the same however much waits. */
export async function waitingDestinations(pool: Pool, buckets: readonly number[]): Promise<readonly Destination[]> {
  if (buckets.length === 0) return [];
  const all = [...buckets, ...buckets.map((bucket) => bucket - HELD_BUCKETS)].map(Number);
  const firstOf = (bucket: string, after: string): string => `
    SELECT outbox.destination_kind AS kind, outbox.destination AS name FROM outbox
    WHERE outbox.bucket = ${bucket} ${after} ORDER BY outbox.destination_kind, outbox.destination LIMIT 1`;
  const [found] = await queryByIndex(
    pool,
    `WITH RECURSIVE waiting AS (
       SELECT wanted.bucket, one.kind, one.name FROM unnest(ARRAY[${all.join(', ')}]::smallint[]) AS wanted(bucket)
       CROSS JOIN LATERAL (${firstOf('wanted.bucket', '')}) one
       UNION ALL
       SELECT waiting.bucket, one.kind, one.name FROM waiting CROSS JOIN LATERAL (${firstOf(
         'waiting.bucket',
         'AND (outbox.destination_kind, outbox.destination) > (waiting.kind, waiting.name)',
       )}) one
     )
     SELECT DISTINCT kind, name FROM waiting`,
  );
  const rows = (found?.rows ?? []) as readonly { readonly kind: string; readonly name: string }[];
  return rows.map(({ kind, name }) => (kind === 'queue' ? { queue: name } : { topic: name }));
}

const selectNext = ({ destination, leases }: Share, limit: number): string => `
  SELECT * FROM (
    SELECT o.* FROM unnest(ARRAY[${bucketsOf(leases)}]::smallint[]) AS wanted(bucket)
    CROSS JOIN LATERAL (
      SELECT ${selectedColumns('outbox')}, 0 AS attempts, hold.bucket IS NOT NULL AS is_held
      FROM outbox LEFT JOIN outbox_holds hold
        ON hold.bucket = outbox.bucket AND hold.ordering_key = coalesce(outbox.ordering_key, outbox.message_id)
      WHERE outbox.bucket = wanted.bucket AND ${isFor(destination)}
      ORDER BY outbox.destination, outbox.id LIMIT ${Number(limit)}
    ) o
    LIMIT ${Number(limit)}
  ) batch ORDER BY id`;

const selectDue = ({ destination, leases }: Share, limit: number): string => `
  SELECT o.* FROM (
    SELECT bucket, ordering_key, attempts FROM outbox_holds
    WHERE bucket = ANY(ARRAY[${bucketsOf(leases)}]::smallint[]) AND coalesce(due, until) <= now()
    ORDER BY coalesce(due, until)
  ) hold
  CROSS JOIN LATERAL (
    SELECT ${selectedColumns('outbox')}, hold.attempts FROM outbox
    WHERE outbox.bucket = (hold.bucket - ${HELD_BUCKETS})::smallint AND outbox.bucket < 0 AND ${isFor(destination)}
      AND coalesce(outbox.ordering_key, outbox.message_id) BETWEEN hold.ordering_key AND hold.ordering_key
    ORDER BY coalesce(outbox.ordering_key, outbox.message_id), outbox.destination, outbox.id LIMIT ${Number(limit)}
  ) o
  LIMIT ${Number(limit)}`;

/**
 * A range of one name instead of an equation: then only the index that has the name before the id gives the order asked
 * for. The primary key would give it as well otherwise, and lead past all that waits for others.
 */
function isFor(destination: Destination): string {
  const kind = 'queue' in destination ? 'queue' : 'topic';
  const name = 'queue' in destination ? destination.queue : destination.topic;
  const hex = Buffer.from(name, 'utf8').toString('hex');
  // With the collation of the column: with another one no index could be used.
  const text = `(convert_from(decode('${hex}', 'hex'), 'UTF8') COLLATE "default")`;
  return `outbox.destination_kind = '${kind}' AND outbox.destination BETWEEN ${text} AND ${text}`;
}

function bucketsOf(leases: readonly Lease[]): string {
  return leases.map(({ bucket }) => Number(bucket)).join(', ');
}

function leaseValues(leases: readonly Lease[]): string {
  return leases.map(({ bucket, token }) => `(${Number(bucket)}::smallint, ${BigInt(token)}::bigint)`).join(', ');
}

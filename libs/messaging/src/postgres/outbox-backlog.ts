import type { Pool } from 'pg';
import { BUCKETS } from '../outbox/bucket.js';
import type { OutboxBacklog } from '../outbox/outbox.js';
import { queryByIndex } from './outbox-read.js';

/** Rows are counted up to here. */
export const COUNTED_AT_MOST = 10_000;

/**
 * What waits. The cost has a bound, however long the backlog is, since a long backlog is when this is asked most: rows are
 * counted up to 10,000, and beyond that they are estimated from the database's statistics, which may be a minute old.
 */
export async function readBacklog(pool: Pool): Promise<OutboxBacklog> {
  const [result] = await queryByIndex(
    pool,
    `WITH wanted AS (SELECT generate_series(0, ${BUCKETS - 1})::smallint AS bucket),
     heads AS (
       SELECT head.* FROM wanted CROSS JOIN LATERAL (
         SELECT id, created_at FROM outbox WHERE bucket = wanted.bucket ORDER BY id LIMIT 1) head
     ), tails AS (
       SELECT tail.id FROM wanted CROSS JOIN LATERAL (
         SELECT id FROM outbox WHERE bucket = wanted.bucket ORDER BY id DESC LIMIT 1) tail
     ), held_heads AS (
       SELECT head.* FROM wanted CROSS JOIN LATERAL (
         SELECT id, created_at FROM outbox WHERE bucket = (wanted.bucket - ${BUCKETS})::smallint
         ORDER BY id LIMIT 1) head
     ), free AS (
       SELECT count(*) AS rows FROM (
         SELECT FROM wanted CROSS JOIN LATERAL (
           SELECT FROM outbox WHERE bucket = wanted.bucket LIMIT ${COUNTED_AT_MOST + 1}) one
         LIMIT ${COUNTED_AT_MOST + 1}) part
     ), held AS (
       SELECT count(*) AS rows FROM (
         SELECT FROM wanted CROSS JOIN LATERAL (
           SELECT FROM outbox WHERE bucket = (wanted.bucket - ${BUCKETS})::smallint LIMIT ${COUNTED_AT_MOST}) one
         LIMIT ${COUNTED_AT_MOST}) part
     ), estimate AS (
       -- Ids are given once, so there are not more rows than ids between the first and the last. Statistics that say
       -- less than was counted are old.
       SELECT CASE WHEN known.rows > ${COUNTED_AT_MOST} THEN least(known.rows, ids.span) ELSE ids.span END AS rows
       FROM (SELECT reltuples AS rows FROM pg_class WHERE oid = 'outbox'::regclass) known,
            (SELECT (SELECT max(id) FROM tails) - (SELECT min(id) FROM heads) + 1 AS span) ids
     )
     SELECT (free.rows + held.rows)::float8 AS counted, estimate.rows::float8 AS estimated,
            free.rows > ${COUNTED_AT_MOST} OR held.rows >= ${COUNTED_AT_MOST} AS "isEstimate",
            held.rows::int AS "heldRows",
            greatest(0, extract(epoch FROM clock_timestamp() - (
              SELECT min(created_at) FROM (SELECT created_at FROM heads UNION ALL SELECT created_at FROM held_heads) oldest
            )) * 1000)::float8 AS "oldestAgeMs",
            (SELECT count(*)::int FROM (SELECT FROM outbox_holds LIMIT ${COUNTED_AT_MOST}) part) AS "heldKeys",
            (SELECT count(*)::int FROM (SELECT FROM outbox_dead LIMIT ${COUNTED_AT_MOST}) part) AS dead
     FROM free, held, estimate`,
  );
  const { counted, estimated, oldestAgeMs, ...rest } = result?.rows[0] as StoredBacklog;
  const rows = rest.isEstimate ? Math.max(counted, Math.round(estimated ?? 0)) : counted;
  return { rows, oldestAgeMs: oldestAgeMs ?? 0, ...rest };
}

interface StoredBacklog {
  readonly counted: number;
  readonly estimated: number | null;
  readonly isEstimate: boolean;
  readonly heldRows: number;
  readonly oldestAgeMs: number | null;
  readonly heldKeys: number;
  readonly dead: number;
}

import type { Pool } from 'pg';
import { explain } from '../errors.js';
import { orderingKeyOf } from '../outbox/bucket.js';
import type { Lease } from './bucket-leases.js';
import { HELD_BUCKETS, leasedBucket, type OutboxRow, type Statement, storedColumns } from './outbox-rows.js';
import { storableText } from './storable-text.js';

/** What may be written of the rows of some leases. Every write is fenced by the lease's token. */
export interface Writing {
  readonly pool: Pool;
  readonly leases: readonly Lease[];
}

/**
 * Ends the holds of keys that are due and of which nothing is left that was moved out of the way, but for the rows that go
 * now. The rows behind are free again.
 *
 * @param gone a common table expression with `leased` and `key` of those rows
 * @param ids the parameter with their ids
 */
const endHolds = (gone: string, ids: string): string => `
  DELETE FROM outbox_holds hold USING (SELECT DISTINCT leased, key FROM ${gone} WHERE bucket < 0) ended
  WHERE hold.bucket = ended.leased AND hold.ordering_key = ended.key AND coalesce(hold.due, hold.until) <= now()
    AND NOT EXISTS (
      SELECT FROM outbox WHERE outbox.bucket = (hold.bucket - ${HELD_BUCKETS})::smallint AND outbox.bucket < 0
        AND coalesce(outbox.ordering_key, outbox.message_id) = hold.ordering_key AND outbox.id <> ALL(${ids}))`;

/** Removes what the broker has. */
export async function remove({ pool, leases }: Writing, sent: readonly OutboxRow[]): Promise<void> {
  if (sent.length === 0) return;
  const isHeld = sent.some(({ bucket }) => bucket < 0);
  const { text, values } = isHeld ? removalWithHolds(leases, sent) : removal(leases, sent);
  await pool.query(text, [...values]);
}

/**
 * Of rows whose keys are not held. They are found by bucket, whose ids an index has side by side, and removed by their
 * places: joined with a list, each would be looked up by itself, and each with its lease.
 */
function removal(leases: readonly Lease[], sent: readonly OutboxRow[]): Statement {
  const ids = Map.groupBy(sent, ({ bucket }) => bucket);
  const used = leases.filter(({ bucket }) => ids.has(bucket));
  return {
    text: `
      DELETE FROM outbox WHERE ctid = ANY (ARRAY(
        SELECT sent.ctid
        FROM (SELECT unnest($1::smallint[]) AS bucket, unnest($2::bigint[]) AS token, unnest($3::text[]) AS ids) AS held
        JOIN outbox_buckets lease ON lease.bucket = held.bucket AND lease.token = held.token
        CROSS JOIN LATERAL (
          SELECT outbox.ctid FROM outbox WHERE outbox.bucket = held.bucket AND outbox.id = ANY (held.ids::bigint[])
          OFFSET 0
        ) sent
      ))`,
    values: [
      used.map(({ bucket }) => bucket),
      used.map(({ token }) => token),
      used.map(
        ({ bucket }) =>
          `{${ids
            .get(bucket)
            ?.map(({ id }) => id)
            .join(',')}}`,
      ),
    ],
  };
}

/** The same, and the holds end of which nothing is left: one statement, so that no crash leaves one with nothing waiting. */
function removalWithHolds(leases: readonly Lease[], sent: readonly OutboxRow[]): Statement {
  return {
    text: `
      WITH sent AS (
        SELECT sent.bucket, sent.leased, sent.id, sent.key
        FROM unnest($1::smallint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::text[])
          AS sent(bucket, leased, id, token, key)
        JOIN outbox_buckets lease ON lease.bucket = sent.leased AND lease.token = sent.token
      ), ended AS (${endHolds('sent', '$3::bigint[]')})
      DELETE FROM outbox USING sent WHERE outbox.bucket = sent.bucket AND outbox.id = sent.id`,
    values: [
      sent.map(({ bucket }) => bucket),
      sent.map(leasedBucket),
      sent.map(({ id }) => id),
      tokensOf(leases, sent),
      sent.map(keyOf),
    ],
  };
}

/** Sets a message aside that no broker will take; its successors go on without it. */
export async function setAside({ pool, leases }: Writing, row: OutboxRow, error: unknown): Promise<void> {
  const others = storedColumns.filter((column) => column !== 'bucket').join(', ');
  await pool.query(
    `WITH set_aside AS (
       DELETE FROM outbox USING outbox_buckets lease
       WHERE outbox.bucket = $1 AND outbox.id = $2 AND lease.bucket = $5::smallint AND lease.token = $3
       RETURNING outbox.*, $5::smallint AS leased, $6::text AS key
     ), ended AS (${endHolds('set_aside', 'ARRAY[$2::bigint]')})
     INSERT INTO outbox_dead (id, bucket, ${others}, reason) SELECT id, leased, ${others}, $4 FROM set_aside`,
    [row.bucket, row.id, tokensOf(leases, [row])[0], storableText(explain(error)), leasedBucket(row), keyOf(row)],
  );
}

/**
 * Lets the row's ordering key wait, and moves the row out of the way of others. Relays of a version that knows no `due`
 * see a hold without an end.
 */
export async function hold({ pool, leases }: Writing, row: OutboxRow, error: unknown, delayMs: number): Promise<void> {
  await pool.query(
    `WITH held AS (
       INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, due, last_error)
       SELECT $1::smallint, $2, $3, 'infinity', now() + $4 * interval '1 ms', $5
       FROM outbox_buckets WHERE bucket = $1::smallint AND token = $6
       ON CONFLICT (bucket, ordering_key) DO UPDATE
         SET attempts = excluded.attempts, until = excluded.until, due = excluded.due, last_error = excluded.last_error
       RETURNING bucket
     )
     UPDATE outbox SET bucket = outbox.bucket - ${HELD_BUCKETS} FROM held
     WHERE outbox.bucket = held.bucket AND outbox.id = $7`,
    [
      leasedBucket(row),
      keyOf(row),
      row.attempts + 1,
      delayMs,
      storableText(explain(error)),
      tokensOf(leases, [row])[0],
      row.id,
    ],
  );
}

const keyOf = (row: OutboxRow): string => orderingKeyOf(row.outgoing.envelope);

function tokensOf(leases: readonly Lease[], rows: readonly OutboxRow[]): string[] {
  const tokens = new Map(leases.map(({ bucket, token }) => [bucket, token]));
  return rows.map((row) => tokens.get(leasedBucket(row)) ?? '-1');
}

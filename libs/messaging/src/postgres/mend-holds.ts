import type { Pool } from 'pg';
import type { Lease } from './bucket-leases.js';
import { HELD_BUCKETS } from './outbox-rows.js';

/**
 * Puts right what a process that died, or somebody with a SQL prompt, left of holds in buckets just taken: a hold that
 * nothing waits behind ends, and rows behind no hold are free again.
 */
export async function mendHolds(pool: Pool, leases: readonly Lease[]): Promise<void> {
  if (leases.length === 0) return;
  const buckets = leases.map(({ bucket }) => bucket);
  await pool.query(
    `DELETE FROM outbox_holds hold WHERE hold.bucket = ANY($1::smallint[]) AND hold.due IS NOT NULL
       AND NOT EXISTS (
         SELECT FROM outbox WHERE outbox.bucket = (hold.bucket - ${HELD_BUCKETS})::smallint AND outbox.bucket < 0
           AND coalesce(outbox.ordering_key, outbox.message_id) = hold.ordering_key)`,
    [buckets],
  );
  await pool.query(
    `UPDATE outbox SET bucket = outbox.bucket + ${HELD_BUCKETS}
     WHERE outbox.bucket < 0 AND outbox.bucket + ${HELD_BUCKETS} = ANY($1::int[])
       AND NOT EXISTS (
         SELECT FROM outbox_holds hold WHERE hold.bucket = outbox.bucket + ${HELD_BUCKETS}
           AND hold.ordering_key = coalesce(outbox.ordering_key, outbox.message_id))`,
    [buckets],
  );
}

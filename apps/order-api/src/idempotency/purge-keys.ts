import type { Pool } from 'pg';
import { keptHours } from './stored-answers.js';

/** Rows in one statement: few enough to hold no locks for long. */
const batch = 1_000;

/** Removes the keys that are past their time, oldest first, in batches. Safe in several replicas at once. Returns how many. */
export async function purgeKeys(pool: Pool, now: Date): Promise<number> {
  let purged = 0;
  let count: number;
  do {
    const { rowCount } = await pool.query(
      `delete from idempotency_keys where ctid = any (array(
         select ctid from idempotency_keys
         where created_at <= $1::timestamptz - interval '${keptHours} hours'
         order by created_at limit ${batch} for update skip locked))`,
      [now],
    );
    count = rowCount ?? 0;
    purged += count;
  } while (count === batch);
  return purged;
}

import type { QueueCounts } from '@orderflow/messaging';
import { deleteInBatches, type SqlTransaction } from '@orderflow/messaging/postgres';
import type { Purge } from '@orderflow/service-kit';
import type { Pool } from 'pg';

/** How long counts are kept, in days. */
const retentionDays = 7;

/** Counts of a queue at a moment. */
export interface CountsAt extends QueueCounts {
  readonly at: Date;
}

/** Writes what the broker counts. */
export async function recordCounts(db: SqlTransaction, queue: string, counts: QueueCounts): Promise<void> {
  await db.query(
    `INSERT INTO queue_counts (queue, at, active, dead_letters, scheduled) VALUES ($1, now(), $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [queue, counts.active, counts.deadLetters, counts.scheduled ?? null],
  );
}

/** The largest counts of each step of time, oldest first; steps in which nobody counted are left out. */
export async function readHistory(
  db: SqlTransaction,
  queue: string,
  range: { readonly from: Date; readonly to: Date; readonly stepMs: number },
): Promise<readonly CountsAt[]> {
  const { rows } = await db.query(
    `SELECT date_bin($4 * interval '1 ms', at, $2) AS at, max(active) AS active, max(dead_letters) AS dead_letters,
       max(scheduled) AS scheduled
     FROM queue_counts WHERE queue = $1 AND at >= $2 AND at < $3 GROUP BY 1 ORDER BY 1`,
    [queue, range.from, range.to, range.stepMs],
  );
  return rows.map((row) => countsOf(row as unknown as CountRow));
}

interface CountRow {
  readonly at: Date;
  readonly active: string;
  readonly dead_letters: string;
  readonly scheduled: string | null;
}

/** A row of `queue_counts`. */
export function countsOf({ at, active, dead_letters: dead, scheduled }: CountRow): CountsAt {
  return {
    at,
    active: Number(active),
    deadLetters: Number(dead),
    ...(scheduled !== null && { scheduled: Number(scheduled) }),
  };
}

/** Old counts, letters that have been gone for a month, alerts that ended a quarter ago, and markers of more than a year ago. */
export function purgesOfOps(pool: Pool): readonly Purge[] {
  const remove = (table: string, column: string, days: number) => () =>
    deleteInBatches(
      pool,
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < now() - $2 * interval '1 day' LIMIT $1))`,
      [days],
    );
  return [
    { what: 'old counts of queues', everyMs: 600_000, remove: remove('queue_counts', 'at', retentionDays) },
    { what: 'dead letters that are long gone', everyMs: 600_000, remove: remove('dead_letters', 'gone_at', 30) },
    { what: 'alerts that ended long ago', everyMs: 600_000, remove: remove('ops_alerts', 'recovered_at', 90) },
    { what: 'old markers', everyMs: 600_000, remove: remove('ops_markers', 'at', 400) },
  ];
}

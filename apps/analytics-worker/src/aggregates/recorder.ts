import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { bucketOf } from './latency-histogram.js';

/** What one event adds to the aggregates. */
export interface Observation {
  /** The event's message id; decides which shard counts it. */
  readonly messageId: string;
  readonly type: string;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** A captured payment. */
  readonly revenue?: { readonly currency: string; readonly amount: number };
  /** From the order's creation to its payment. */
  readonly latencyMs?: number;
}

const SHARDS = 8;

/**
 * Adds observations to every aggregate they concern, summed per row, and always in the same order of tables and of rows,
 * so that two transactions cannot wait for each other.
 */
export async function record(tx: SqlTransaction, observations: readonly Observation[]): Promise<void> {
  const rows = observations.map((observation) => ({ ...observation, shard: shardOf(observation.messageId) }));
  await tx.query(
    `INSERT INTO event_counts
     SELECT date_trunc('minute', at) AS minute, type, shard, count(*)
     FROM unnest($1::timestamptz[], $2::text[], $3::smallint[]) AS event(at, type, shard)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
     ON CONFLICT (minute, type, shard) DO UPDATE SET events = event_counts.events + excluded.events`,
    columns(rows, ({ at, type, shard }) => [at, type, shard]),
  );
  const payments = rows.filter(({ revenue }) => revenue !== undefined);
  if (payments.length > 0) {
    await tx.query(
      `INSERT INTO revenue
       SELECT date_trunc('minute', at) AS minute, currency, shard, sum(amount)
       FROM unnest($1::timestamptz[], $2::text[], $3::smallint[], $4::numeric[]) AS payment(at, currency, shard, amount)
       GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
       ON CONFLICT (minute, currency, shard) DO UPDATE SET amount = revenue.amount + excluded.amount`,
      columns(payments, ({ at, revenue, shard }) => [at, revenue?.currency, shard, revenue?.amount]),
    );
  }
  const timed = rows.filter(({ latencyMs }) => latencyMs !== undefined);
  if (timed.length > 0) {
    await tx.query(
      `INSERT INTO latencies
       SELECT date_trunc('minute', at) AS minute, bucket, shard, count(*)
       FROM unnest($1::timestamptz[], $2::smallint[], $3::smallint[]) AS latency(at, bucket, shard)
       GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
       ON CONFLICT (minute, bucket, shard) DO UPDATE SET orders = latencies.orders + excluded.orders`,
      columns(timed, ({ at, latencyMs = 0, shard }) => [at, bucketOf(latencyMs), shard]),
    );
  }
}

/** The values of rows as one array a column, for `unnest`. */
function columns<Row>(rows: readonly Row[], valuesOf: (row: Row) => readonly unknown[]): unknown[][] {
  const values = rows.map(valuesOf);
  return (values[0] ?? []).map((_, column) => values.map((row) => row[column]));
}

function shardOf(messageId: string): number {
  let hash = 0;
  for (const character of messageId) hash = (hash * 31 + character.charCodeAt(0)) | 0;
  return Math.abs(hash % SHARDS);
}

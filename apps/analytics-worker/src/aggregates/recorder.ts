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
 * Adds an observation to every aggregate it concerns, always in the same order of tables, so that two transactions
 * cannot wait for each other.
 */
export async function record(tx: SqlTransaction, observation: Observation): Promise<void> {
  const { messageId, type, at, revenue, latencyMs } = observation;
  const shard = shardOf(messageId);
  await tx.query(
    `INSERT INTO event_counts VALUES (date_trunc('minute', $1::timestamptz), $2, $3, 1)
     ON CONFLICT (minute, type, shard) DO UPDATE SET events = event_counts.events + 1`,
    [at, type, shard],
  );
  if (revenue) {
    await tx.query(
      `INSERT INTO revenue VALUES (date_trunc('minute', $1::timestamptz), $2, $3, $4)
       ON CONFLICT (minute, currency, shard) DO UPDATE SET amount = revenue.amount + excluded.amount`,
      [at, revenue.currency, shard, revenue.amount],
    );
  }
  if (latencyMs !== undefined) {
    await tx.query(
      `INSERT INTO latencies VALUES (date_trunc('minute', $1::timestamptz), $2, $3, 1)
       ON CONFLICT (minute, bucket, shard) DO UPDATE SET orders = latencies.orders + 1`,
      [at, bucketOf(latencyMs), shard],
    );
  }
}

function shardOf(messageId: string): number {
  let hash = 0;
  for (const character of messageId) hash = (hash * 31 + character.charCodeAt(0)) | 0;
  return Math.abs(hash % SHARDS);
}

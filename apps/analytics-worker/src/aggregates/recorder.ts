import { type HandledEffect, RowColumns } from '@orderflow/messaging/postgres';
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

/** Null where an observation does not concern an aggregate. */
const columns = new RowColumns<Observation>(
  ['message_id', 'text', ({ messageId }) => messageId],
  ['at', 'timestamptz', ({ at }) => at],
  ['type', 'text', ({ type }) => type],
  ['shard', 'smallint', ({ messageId }) => shardOf(messageId)],
  ['currency', 'text', ({ revenue }) => revenue?.currency],
  ['amount', 'numeric', ({ revenue }) => revenue?.amount],
  ['bucket', 'smallint', ({ latencyMs }) => (latencyMs === undefined ? null : bucketOf(latencyMs))],
);

/** Each table is written once the one before is: its count is asked for, and always right. */
const text = `
  event AS (
    SELECT date_trunc('minute', at) AS minute, type, shard, currency, amount, bucket
    FROM ${columns.asTable('event')} JOIN handled USING (message_id)
  ), counted AS (
    INSERT INTO event_counts SELECT minute, type, shard, count(*) FROM event
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (minute, type, shard) DO UPDATE SET events = event_counts.events + excluded.events
    RETURNING shard
  ), earned AS (
    INSERT INTO revenue SELECT minute, currency, shard, sum(amount) FROM event
    WHERE currency IS NOT NULL AND (SELECT count(*) FROM counted) >= 0
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (minute, currency, shard) DO UPDATE SET amount = revenue.amount + excluded.amount
    RETURNING shard
  ), timed AS (
    INSERT INTO latencies SELECT minute, bucket, shard, count(*) FROM event
    WHERE bucket IS NOT NULL AND (SELECT count(*) FROM earned) >= 0
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (minute, bucket, shard) DO UPDATE SET orders = latencies.orders + excluded.orders
  )`;

/**
 * Adds observations to every aggregate they concern, summed per row, and always in the same order of tables and of rows,
 * so that two statements cannot wait for each other.
 */
export function effectOf(observations: readonly Observation[]): HandledEffect {
  return { text, values: columns.values(observations) };
}

function shardOf(messageId: string): number {
  let hash = 0;
  for (const character of messageId) hash = (hash * 31 + character.charCodeAt(0)) | 0;
  return Math.abs(hash % SHARDS);
}

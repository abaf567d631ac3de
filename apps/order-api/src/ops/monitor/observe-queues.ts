import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { QueueObservation } from './findings.js';

interface Row {
  readonly queue: string;
  readonly asked_seconds: number | null;
  readonly indexed_seconds: number | null;
  readonly active: string | null;
  readonly counted: string | null;
  readonly before: string | null;
  readonly indexed: string;
  readonly oldest_seconds: number | null;
}

/**
 * How queues are by what the leader recorded of them: the counts of the broker, or those of the index where the broker
 * does not count. The database's clock alone is asked.
 * @param staleSeconds after how long nobody knows any more
 */
export async function observeQueues(
  db: SqlTransaction,
  queues: readonly string[],
  staleSeconds: number,
): Promise<readonly QueueObservation[]> {
  const { rows } = await db.query(
    `SELECT name AS queue, indexed, oldest_seconds, active, newest.dead_letters AS counted, earlier.dead_letters AS before,
       extract(epoch FROM now() - newest.at)::float8 AS asked_seconds,
       extract(epoch FROM now() - indexed_at)::float8 AS indexed_seconds
     FROM unnest($1::text[]) WITH ORDINALITY AS watched (name, n)
     LEFT JOIN LATERAL (
       SELECT at, active, dead_letters FROM queue_counts WHERE queue = name ORDER BY at DESC LIMIT 1) newest ON true
     LEFT JOIN LATERAL (
       SELECT dead_letters FROM queue_counts
       WHERE queue = name AND at >= now() - interval '10 minutes' ORDER BY at LIMIT 1) earlier ON true
     LEFT JOIN dead_letter_queues ON queue = name
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(present), 0) AS indexed FROM dead_letter_groups g WHERE g.queue = name) grouped
     CROSS JOIN LATERAL (
       SELECT extract(epoch FROM now() - min(enqueued_at))::float8 AS oldest_seconds
       FROM dead_letters letter WHERE letter.queue = name AND gone_at IS NULL) oldest
     ORDER BY n`,
    [queues],
  );
  return (rows as unknown as Row[]).map((row) => observationOf(row, staleSeconds));
}

function observationOf(row: Row, staleSeconds: number): QueueObservation {
  const { queue, counted, before, active, asked_seconds: asked, indexed_seconds: indexed } = row;
  // Where looking is dear the index is left alone while the counts are as they were.
  const seconds = Math.min(asked ?? Infinity, indexed ?? Infinity);
  // Before the first look there is nothing to tell, and nothing to complain of.
  if (seconds === Infinity) return { queue };
  if (seconds > staleSeconds) return { queue, unwatchedSeconds: Math.round(seconds) };
  const isCounted = asked !== null && asked <= staleSeconds;
  const deadLetters = Number(isCounted ? counted : row.indexed);
  return {
    queue,
    counts: {
      deadLetters,
      growth: isCounted ? deadLetters - Number(before ?? deadLetters) : 0,
      oldestDeadLetterSeconds: Math.max(0, Math.round(row.oldest_seconds ?? 0)),
      ...(isCounted && { backlog: Number(active) }),
    },
  };
}

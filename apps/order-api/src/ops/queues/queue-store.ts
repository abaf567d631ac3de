import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { OpsPlace } from '../ops-variables.js';
import { countsOf } from './count-store.js';
import type { KnownQueue, QueueView } from './queue-view.js';

interface QueueRow {
  readonly queue: string;
  readonly at: Date | null;
  readonly active: string;
  readonly dead_letters: string;
  readonly scheduled: string | null;
  readonly indexed_at: Date | null;
  readonly present: string;
  readonly groups: string;
  readonly oldest_at: Date | null;
}

/** What is known of queues, in their order; for those that nobody has looked at yet nothing but their names. */
export async function readQueues(db: SqlTransaction, places: readonly OpsPlace[]): Promise<readonly KnownQueue[]> {
  const { rows } = await db.query(
    `SELECT name AS queue, counts.*, indexed_at, coalesce(present, 0) AS present, coalesce(groups, 0) AS groups,
       (SELECT min(enqueued_at) FROM dead_letters letter WHERE letter.queue = name AND gone_at IS NULL) AS oldest_at
     FROM unnest($1::text[]) WITH ORDINALITY AS place (name, n)
     LEFT JOIN LATERAL (
       SELECT at, active, dead_letters, scheduled FROM queue_counts WHERE queue = name ORDER BY at DESC LIMIT 1) counts ON true
     LEFT JOIN dead_letter_queues indexed ON indexed.queue = name
     LEFT JOIN LATERAL (
       SELECT sum(present) AS present, count(*) AS groups FROM dead_letter_groups g
       WHERE g.queue = name AND g.present > 0) grouped ON true
     ORDER BY n`,
    [places.map(({ name }) => name)],
  );
  const targets = new Map(places.map(({ name, target }) => [name, target]));
  return (rows as unknown as QueueRow[]).map((row) => viewOf(row, targets.get(row.queue) ?? row.queue));
}

function viewOf(row: QueueRow, target: string): KnownQueue {
  const { queue, at, indexed_at: indexedAt, present, groups, oldest_at: oldestAt } = row;
  return {
    name: queue,
    replaysTo: target,
    counts: at && viewOfCounts({ ...row, at }),
    deadLetters: {
      indexed: Number(present),
      groups: Number(groups),
      indexedTo: indexedAt?.toISOString() ?? null,
      oldestAt: oldestAt?.toISOString() ?? null,
    },
  };
}

function viewOfCounts(row: QueueRow & { readonly at: Date }): QueueView['counts'] {
  const { at, ...counts } = countsOf(row);
  return { ...counts, asOf: at.toISOString() };
}

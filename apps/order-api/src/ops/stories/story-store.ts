import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { viewOfLetters } from '../dead-letter-index/index-query.js';
import type { OpsPlace } from '../ops-variables.js';
import type { ReplayedLetter, RestoredLetter, StoryLetter } from './story-facts.js';

/** Dead letters of an order that are told. */
export const mostLetters = 200;

/** The dead letters of an order, by its ordering key or its messages, oldest generation first; one more than are told. */
export async function readLettersOf(
  db: SqlTransaction,
  { orderId, messageIds }: { readonly orderId: string; readonly messageIds: readonly string[] },
  { places, appOf }: { readonly places: readonly OpsPlace[]; readonly appOf: (queue: string) => string },
): Promise<readonly StoryLetter[]> {
  const { rows } = await db.query(
    `SELECT * FROM (
       SELECT * FROM dead_letters WHERE ordering_key = $1
       UNION
       SELECT * FROM dead_letters WHERE queue = ANY ($2::text[]) AND message_id = ANY ($3::text[])) AS letter
     ORDER BY generation, position LIMIT $4`,
    [orderId, places.map(({ name }) => name), messageIds, mostLetters + 1],
  );
  const targets = new Map(places.map(({ name, target }) => [name, target]));
  return viewOfLetters(rows).map((letter, n) => ({
    ...letter,
    indexedAt: (rows[n]?.['indexed_at'] as Date).toISOString(),
    app: appOf(targets.get(letter.queue) ?? letter.queue),
  }));
}

/** What replays did with messages, in the order in which they sent them. */
export async function readReplayed(
  db: SqlTransaction,
  messageIds: readonly string[],
): Promise<readonly ReplayedLetter[]> {
  const { rows } = await db.query(
    `SELECT replay_id, queue, place, state, detail, sent_at FROM ops_replay_letters
     WHERE message_id = ANY ($1::text[]) AND (sent_at IS NOT NULL OR state IN ('sending', 'refused'))
     ORDER BY sent_at, replay_id, n LIMIT $2`,
    [messageIds, mostLetters],
  );
  return rows.map(({ replay_id: replay, queue, place, state, detail, sent_at: sentAt }) => ({
    ...{ replay: String(replay), queue: String(queue), place: String(place), outcome: String(state) },
    ...(detail !== null && { detail: String(detail) }),
    sentAt: (sentAt as Date | null)?.toISOString() ?? null,
  }));
}

/** Copies of letters that were sent to their queues again: of discards, exports and edits. */
export async function readRestored(
  db: SqlTransaction,
  messageIds: readonly string[],
): Promise<readonly RestoredLetter[]> {
  const { rows } = await db.query(
    `SELECT * FROM (
       SELECT 'discards' AS list, discard_id AS id, queue, place, restored_at FROM ops_discard_letters
       WHERE message_id = ANY ($1::text[]) AND state = 'restored'
       UNION ALL
       SELECT 'exports', export_id, queue, place, restored_at FROM ops_export_letters
       WHERE message_id = ANY ($1::text[]) AND restored_at IS NOT NULL
       UNION ALL
       SELECT 'edits', id, queue, place, restored_at FROM ops_edits
       WHERE message_id = ANY ($1::text[]) AND restored_at IS NOT NULL) AS copy
     ORDER BY restored_at NULLS FIRST LIMIT $2`,
    [messageIds, mostLetters],
  );
  return rows.map(({ list, id, queue, place, restored_at: at }) => ({
    ...{ link: `/ops/${String(list)}/${String(id)}`, queue: String(queue), place: String(place) },
    at: (at as Date | null)?.toISOString() ?? null,
  }));
}

/** Those of the queues whose dead letters the index has never looked at. */
export async function readUnindexed(db: SqlTransaction, queues: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.query(
    `SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS place (name, n)
     WHERE NOT EXISTS (SELECT FROM dead_letter_queues WHERE queue = name) ORDER BY n`,
    [queues],
  );
  return rows.map((row) => String(row['name']));
}

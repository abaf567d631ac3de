import type { DeadLetters } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { Chosen } from '../copies/letter-copies.js';
import { reachBrokerAmidRestore } from './reach-broker-amid-restore.js';

/** What keeps a copy from being sent: its letter is a dead letter, or was sent by something else, or is about to be. */
export type Obstacle = 'present' | 'sent';

/** How a letter stands of which there is a copy. */
export interface Standing {
  /** The latest one that the index knows of its message; 0 where it knows none. */
  readonly generation: number;
  /** Undefined for one that is gone, and that nobody sent. */
  readonly obstacle: Obstacle | undefined;
}

export interface StandingQuery {
  readonly queue: string;
  readonly letters: readonly Chosen[];
  /** An edit that is no obstacle: the one whose original is asked about. */
  readonly exceptEdit?: string;
}

/** The generation of a dead letter, as the index knows it; null where it does not. */
const generationOf = (letter: 'one' | 'other'): string => `SELECT generation FROM dead_letters dead
  WHERE dead.queue = $1 AND dead.place = ${letter}.place AND dead.message_id = ${letter}.message_id`;

/** What was done with an earlier dead letter of the message sent what failed again as this one: that is no obstacle. */
const isOfThisOrLater = `coalesce((${generationOf('other')}), own.generation) >= own.generation`;

/**
 * How letters stand, by their number: 250 at most. One is present while the broker or the index has it, or has its message
 * as another dead letter. One is sent by what took it or a later dead letter of its message; where the index does not know
 * which was the later one, by either. The broker is asked first: whatever took a letter before that had written down that
 * it would.
 * @throws Problem 503 when the broker does not answer
 */
export async function standingOf(
  tx: SqlTransaction,
  deadLetters: Pick<DeadLetters, 'read'>,
  { queue, letters, exceptEdit }: StandingQuery,
): Promise<ReadonlyMap<number, Standing>> {
  const places = letters.map(({ place }) => place);
  const found = await reachBrokerAmidRestore(deadLetters.read(queue, places));
  const there = new Map(found.map(({ letter }) => [letter.place, letter.id]));
  const { rows } = await tx.query(
    `SELECT one.n, one.place, one.message_id,
       coalesce((SELECT max(generation) FROM dead_letters dead
         WHERE dead.queue = $1 AND dead.message_id = one.message_id), 0) AS generation,
       EXISTS (SELECT FROM dead_letters dead
         WHERE dead.queue = $1 AND dead.message_id = one.message_id AND dead.gone_at IS NULL) AS is_indexed,
       EXISTS (SELECT FROM ops_replay_letters other WHERE other.queue = $1 AND other.message_id = one.message_id
           AND (other.state IN ('waiting', 'sending')
             OR other.state IN ('sent', 'confirmed', 'unconfirmed') AND other.generation >= own.generation))
         OR EXISTS (SELECT FROM ops_discard_letters other WHERE other.queue = $1 AND other.message_id = one.message_id
           AND (other.state IN ('waiting', 'exported')
             OR other.state = 'restored' AND other.generation >= own.generation))
         OR EXISTS (SELECT FROM ops_export_letters other WHERE other.queue = $1 AND other.message_id = one.message_id
           AND other.restored_at IS NOT NULL AND ${isOfThisOrLater})
         OR EXISTS (SELECT FROM ops_edits other WHERE other.queue = $1 AND other.message_id = one.message_id
           AND (other.state IN ('waiting', 'sending')
             OR (other.state = 'sent' OR other.restored_at IS NOT NULL) AND ${isOfThisOrLater})
           AND other.id IS DISTINCT FROM $5::uuid) AS is_sent
     FROM unnest($2::int[], $3::text[], $4::text[]) AS one (n, place, message_id),
       LATERAL (SELECT coalesce((${generationOf('one')}), 0) AS generation) AS own`,
    [queue, letters.map(({ n }) => n), places, letters.map((letter) => letter.message_id), exceptEdit ?? null],
  );
  return new Map(
    rows.map((row) => {
      const isPresent = row['is_indexed'] === true || there.get(String(row['place'])) === row['message_id'];
      const obstacle = isPresent ? 'present' : row['is_sent'] === true ? 'sent' : undefined;
      return [Number(row['n']), { generation: Number(row['generation']), obstacle }];
    }),
  );
}

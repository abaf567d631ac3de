import type { DeadLetter } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { fingerprintOf, patternOf } from './fingerprint.js';
import { positionOf } from './position.js';

/** What is known of the index of one queue. */
export interface IndexState {
  /** Where the next look begins; absent before the first letter. */
  readonly tail?: string;
  readonly sweptAt?: Date;
  /** Letters that are in the queue now, by the index. */
  readonly present: number;
  /** When that was so, by the database's clock. */
  readonly at: Date;
}

/** How many letters replays move. */
export interface MovingLetters {
  /** The index has them, the broker perhaps no more. */
  readonly leaving: number;
  /** The index has them no more since a moment ago, the broker's count perhaps still. */
  readonly left: number;
}

/** A page of the broker, and where in the queue it lies. */
export interface IndexedPage {
  readonly queue: string;
  readonly letters: readonly DeadLetter[];
  /** Where the next look begins. */
  readonly tail?: string;
  /**
   * Of a sweep: what the index has behind `after` and up to the page's last letter, or up to the end where the page is
   * empty, and the page has not, is gone. Absent for a look at the tail.
   */
  readonly after?: string;
  /** Of a sweep: what came into the index from then on, by the database's clock, is not gone for being absent. */
  readonly began?: Date;
}

/** The longest texts that are kept, in UTF-16 code units; senders may write more. */
const longest = { name: 200, detail: 2_000 };

const columns = [
  ['place', 'text'],
  ['position', 'text'],
  ['group_id', 'text'],
  ['message_id', 'text'],
  ['type', 'text'],
  ['version', 'int'],
  ['reason', 'text'],
  ['detail', 'text'],
  ['enqueued_at', 'timestamptz'],
  ['attempt', 'int'],
  ['generation', 'int'],
  ['first_failure', 'text'],
  ['correlation_id', 'text'],
  ['ordering_key', 'text'],
  ['size', 'bigint'],
  ['consumer_version', 'text'],
] as const;

/** Writes the index. Only the leader does; what another one wrote meanwhile is written again, and no harm. */
export class IndexStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async state(queue: string): Promise<IndexState> {
    const { rows } = await this.#pool.query<{ tail: string | null; swept_at: Date | null; present: string; at: Date }>(
      `SELECT tail, swept_at, present, clock_timestamp() AS at
       FROM (SELECT coalesce(sum(present), 0) AS present FROM dead_letter_groups WHERE queue = $1) AS groups
       LEFT JOIN dead_letter_queues ON queue = $1`,
      [queue],
    );
    const [{ tail, swept_at: sweptAt, present, at }] = rows as [(typeof rows)[0]];
    return { ...(tail !== null && { tail }), ...(sweptAt && { sweptAt }), present: Number(present), at };
  }

  /** Adds a page, and with a sweep's marks what is gone. One transaction: groups are counted with their letters. */
  async add(page: IndexedPage): Promise<void> {
    await this.#inTransaction(async (client) => {
      if (page.letters.length > 0) await insert(client, page, revive);
      if (page.after !== undefined) await markGone(client, page, page.after);
      await client.query(
        `INSERT INTO dead_letter_queues (queue, tail, indexed_at) VALUES ($1, $2, now())
         ON CONFLICT (queue) DO UPDATE SET tail = coalesce(excluded.tail, dead_letter_queues.tail), indexed_at = now()`,
        [page.queue, page.tail ?? null],
      );
    });
  }

  /**
   * Adds letters that somebody told of, and leaves those that are known as they are: what is told late, or twice, may be
   * gone by now. Says nothing of how far the index goes.
   */
  async addReported(queue: string, letters: readonly DeadLetter[]): Promise<void> {
    await this.#inTransaction((client) => insert(client, { queue, letters }, 'DO NOTHING'));
  }

  async #inTransaction(work: (client: SqlTransaction) => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      // A connection in an unknown state is of no use to anybody.
      client.release(true);
      throw error;
    }
  }

  async swept(queue: string): Promise<void> {
    await this.#pool.query('UPDATE dead_letter_queues SET swept_at = now() WHERE queue = $1', [queue]);
  }

  /** Letters of a queue that replays move at this moment: a count of the broker may be from before or after that. */
  async moving(queue: string): Promise<MovingLetters> {
    const { rows } = await this.#pool.query<{ leaving: number; left: number }>(
      `SELECT (SELECT count(*)::int FROM ops_replay_letters WHERE queue = $1 AND state = 'sending') AS leaving,
         (SELECT count(*)::int FROM dead_letters
          WHERE queue = $1 AND outcome = 'replayed' AND gone_at > now() - interval '10 s') AS "left"`,
      [queue],
    );
    return rows[0] ?? { leaving: 0, left: 0 };
  }
}

const names = columns.map(([name]) => name);
const changes = [...names.filter((name) => name !== 'place'), 'gone_at', 'outcome', 'outcome_id'];
/** What a look saw is there, whatever was thought of it before. */
const revive = `DO UPDATE SET ${changes.map((name) => `${name} = excluded.${name}`).join(', ')}
     WHERE dead_letters.gone_at IS NOT NULL OR dead_letters.message_id <> excluded.message_id
       OR dead_letters.generation <> excluded.generation`;

async function insert(
  db: SqlTransaction,
  { queue, letters }: Pick<IndexedPage, 'queue' | 'letters'>,
  onKnown: string,
): Promise<void> {
  // RabbitMQ may have stored one twice, when its first answer was lost.
  const rows = [...new Map(letters.map((letter) => [letter.place, rowOf(queue, letter)])).values()];
  await db.query(
    `INSERT INTO dead_letter_groups (id, queue, type, reason, pattern, sample, first_seen, last_seen)
     SELECT DISTINCT ON (id) id, $1, type, reason, pattern, detail,
       min(seen) OVER (PARTITION BY id), max(seen) OVER (PARTITION BY id)
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       AS letter (id, type, reason, pattern, detail, seen)
     ORDER BY id
     ON CONFLICT (id) DO UPDATE SET sample = excluded.sample,
       first_seen = least(dead_letter_groups.first_seen, excluded.first_seen),
       last_seen = greatest(dead_letter_groups.last_seen, excluded.last_seen)`,
    [
      queue,
      ...(['group_id', 'type', 'reason', 'pattern', 'detail', 'enqueued_at'] as const).map((name) =>
        rows.map((row) => row[name]),
      ),
    ],
  );
  await db.query(
    `INSERT INTO dead_letters (queue, ${names.join(', ')})
     SELECT $1, ${names.join(', ')}
     FROM unnest(${columns.map(([, type], n) => `$${n + 2}::${type}[]`).join(', ')}) AS letter (${names.join(', ')})
     ON CONFLICT (queue, place) ${onKnown}`,
    [queue, ...names.map((name) => rows.map((row) => row[name]))],
  );
}

async function markGone(db: SqlTransaction, { queue, letters, began }: IndexedPage, after: string): Promise<void> {
  const last = letters.at(-1);
  await db.query(
    `UPDATE dead_letters SET gone_at = now(), outcome = 'taken'
     WHERE queue = $1 AND gone_at IS NULL AND position > $2 AND ($3::text IS NULL OR position <= $3)
       AND place <> ALL ($4::text[]) AND ($5::timestamptz IS NULL OR indexed_at < $5)`,
    [queue, after, last ? positionOf(last.place) : null, letters.map(({ place }) => place), began ?? null],
  );
}

function rowOf(queue: string, letter: DeadLetter) {
  const { place, version, enqueuedAt, attempt, generation, size } = letter;
  const [type, reason, detail] = [kept(letter.type), kept(letter.reason), kept(letter.detail, longest.detail)];
  const pattern = patternOf(detail);
  return {
    place,
    position: positionOf(place),
    group_id: fingerprintOf({ queue, type, reason, pattern }),
    pattern,
    message_id: kept(letter.id),
    type,
    version,
    reason,
    detail,
    enqueued_at: enqueuedAt,
    attempt,
    generation,
    first_failure: letter.firstFailure === undefined ? null : kept(letter.firstFailure, longest.detail),
    correlation_id: letter.correlationId === undefined ? null : kept(letter.correlationId),
    ordering_key: letter.orderingKey === undefined ? null : kept(letter.orderingKey),
    size,
    consumer_version: letter.consumerVersion === undefined ? null : kept(letter.consumerVersion),
  };
}

/** A text as PostgreSQL can keep it: whoever sent it may have written anything. */
function kept(text: string, most = longest.name): string {
  return text.slice(0, most).toWellFormed().replaceAll('\u0000', '\uFFFD');
}

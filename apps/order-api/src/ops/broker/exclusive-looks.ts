import type {
  BrowsedLetters,
  BrowseOptions,
  DeadLetterPage,
  DeadLetters,
  DiscardOptions,
  DiscardResult,
  InspectionOptions,
  PeekOptions,
  QueueCounts,
  QueueInspection,
  ReplayOptions,
  ReplayResult,
  WholeDeadLetter,
} from '@orderflow/messaging';
import type { Pool } from 'pg';

/** How long somebody waits for the look before his, in milliseconds: less than the server lets a statement take. */
const waitMs = 25_000;

interface Parts {
  readonly pool: Pool;
  readonly deadLetters: DeadLetters;
  readonly inspection: QueueInspection | undefined;
}

/**
 * The dead letters of a broker that hands out letters to let them be looked at: one look at a queue at a time, among all
 * replicas, so that none sees a part only because another has the rest in hand; and letters are counted while nobody looks.
 * Whoever goes to the broker past this is seen as somebody who took what he has in hand.
 *
 * Rejects with PostgreSQL's error when a look before lasts for longer than 25 s.
 */
export class ExclusiveLooks implements DeadLetters {
  /** Counts while nobody looks. */
  readonly inspection: QueueInspection;
  /** Takes no letter, so that nobody has to wait for it. */
  readonly watch?: NonNullable<DeadLetters['watch']>;
  readonly #parts: Parts;
  /** The last one in line by queue: one connection a queue waits in the database, however many wait here. */
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { deadLetters } = parts;
    if (deadLetters.watch) this.watch = deadLetters.watch.bind(deadLetters);
    this.inspection = { counts: (queue, options) => this.#counts(queue, options) };
  }

  peek(place: string, options?: PeekOptions): Promise<DeadLetterPage> {
    return this.#alone(place, ({ deadLetters }) => deadLetters.peek(place, options));
  }

  read(place: string, places: readonly string[]): Promise<readonly WholeDeadLetter[]> {
    return this.#alone(place, ({ deadLetters }) => deadLetters.read(place, places));
  }

  browse(place: string, options: BrowseOptions): Promise<BrowsedLetters> {
    return this.#alone(place, ({ deadLetters }) => {
      if (deadLetters.browse) return deadLetters.browse(place, options);
      throw new TypeError('A broker that hands out letters to let them be looked at has a browse.');
    });
  }

  replay(place: string, options?: ReplayOptions): Promise<ReplayResult> {
    return this.#alone(place, ({ deadLetters }) => deadLetters.replay(place, options));
  }

  discard(place: string, options?: DiscardOptions): Promise<DiscardResult> {
    return this.#alone(place, ({ deadLetters }) => deadLetters.discard(place, options));
  }

  #counts(queue: string, options?: InspectionOptions): Promise<QueueCounts> {
    return this.#alone(queue, ({ inspection }) => {
      if (inspection) return inspection.counts(queue, options);
      throw new TypeError('A broker that hands out letters to let them be looked at has counts.');
    });
  }

  #alone<T>(queue: string, look: (parts: Parts) => Promise<T>): Promise<T> {
    const before = this.#lines.get(queue) ?? Promise.resolve();
    const mine = before.then(() => this.#locked(queue, look));
    const ended = mine
      .catch(() => {})
      .finally(() => {
        if (this.#lines.get(queue) === ended) this.#lines.delete(queue);
      });
    this.#lines.set(queue, ended);
    return mine;
  }

  /** The lock ends with its transaction, and so with its connection. */
  async #locked<T>(queue: string, look: (parts: Parts) => Promise<T>): Promise<T> {
    const client = await this.#parts.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', '0', true)`,
        [String(waitMs)],
      );
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('ops look ' || $1, 0))", [queue]);
      const seen = await look(this.#parts);
      await client.query('COMMIT');
      client.release();
      return seen;
    } catch (error) {
      // A connection in an unknown state is of no use to anybody.
      client.release(true);
      throw error;
    }
  }
}

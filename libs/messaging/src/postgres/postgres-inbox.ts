import type { Pool } from 'pg';
import type { EffectInbox, Inbox } from '../inbox/inbox.js';
import type { OnWake } from '../outbox/wakes.js';
import { rangeProblems, withDefaults } from '../resolve-options.js';
import { deleteInBatches } from './delete-in-batches.js';
import { EffectStatements } from './effect-statements.js';
import { type HandledEffect, onceManyStatement, onceStatement } from './handled-effect.js';
import { outboxValues, type Statement } from './outbox-rows.js';
import { runAlone } from './run-alone.js';
import type { TransactionOptions, UnitOfWork } from './sql-transaction.js';
import type { UnitsOfWork } from './units-of-work.js';

export interface PurgeOptions {
  /** Rows older than this go, in milliseconds. Keep it longer than the longest possible redelivery. */
  readonly olderThanMs: number;
  /** Rows a statement, so that no lock is held for long; 1,000 when absent. */
  readonly batch?: number;
}

interface PostgresInboxOptions<Db> {
  readonly pool: Pool;
  /** For effects of one statement, while one of its connections is free. */
  readonly planningOnce: Pool | undefined;
  readonly units: UnitsOfWork<Db>;
  readonly wake: OnWake;
  /** Called with what went wrong while a statement was given up. */
  readonly onError: (error: unknown) => void;
}

/** An inbox in PostgreSQL: its row is in the transaction of the effect. */
export class PostgresInbox<Db> implements Inbox<UnitOfWork<Db>>, EffectInbox<HandledEffect> {
  readonly #options: PostgresInboxOptions<Db>;
  readonly #effects = new EffectStatements(onceStatement);
  readonly #effectsOfMany = new EffectStatements(onceManyStatement);

  constructor(options: PostgresInboxOptions<Db>) {
    this.#options = options;
  }

  /**
   * The insert waits while another transaction holds the same row, and then sees whether that one committed. When the
   * connection is lost during the commit the outcome is unknown: it rejects, the message is delivered again, and the
   * next call answers `duplicate` if the commit had succeeded.
   */
  once(
    consumer: string,
    messageId: string,
    work: (tx: UnitOfWork<Db>) => Promise<void>,
    options?: TransactionOptions,
  ): Promise<'handled' | 'duplicate'> {
    return this.#options.units.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        'INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [consumer, messageId],
      );
      if (rowCount === 0) return 'duplicate';
      await work(tx);
      return 'handled';
    }, options);
  }

  /**
   * The same for an effect that is one statement: inbox row and effect are one round trip and one commit, at about half
   * the cost of {@link once}. The effect takes its rows from `handled`, which has one row, and none when this consumer has
   * handled the message before: `INSERT INTO parcels (id) SELECT $1::uuid FROM handled`. It runs in a transaction of its
   * own, on a pool of the messaging.
   *
   * @param effect a statement that changes data, its parameters numbered from `$1`
   * @throws TypeError for an effect without `handled`: it would happen again with every delivery
   */
  async onceWith(consumer: string, messageId: string, effect: Statement): Promise<'handled' | 'duplicate'> {
    const { text, values } = effect;
    const statement = this.#effects.of({ text, parameters: values.length });
    return this.#poolOfEffects()
      .query(statement, [...values, consumer, messageId])
      .then(({ rowCount }) => (rowCount === 0 ? 'duplicate' : 'handled'));
  }

  /**
   * One insert for all, in the order of their ids, so that two groups with the same messages cannot wait for each other.
   * A transaction that the server ended for a conflict with another one is repeated, a few times.
   */
  async onceMany(
    consumer: string,
    messageIds: readonly string[],
    work: (tx: UnitOfWork<Db>, unhandled: ReadonlySet<string>) => Promise<void>,
    options?: TransactionOptions,
  ): Promise<void> {
    const sorted = [...messageIds].sort();
    await repeatOnConflict(() =>
      this.#options.units.transaction(async (tx) => {
        const { rows } = await tx.query(
          `INSERT INTO inbox (consumer, message_id) SELECT $1, unnest($2::text[])
           ON CONFLICT DO NOTHING RETURNING message_id`,
          [consumer, sorted],
        );
        if (rows.length > 0) await work(tx, new Set(rows.map((row) => String(row['message_id']))));
      }, options),
    );
  }

  /**
   * Inbox rows, effect and outgoing messages of several messages by one statement: one round trip and one commit. It
   * waits for other deliveries of them as {@link once} does, is repeated as {@link onceMany} is, and when its answer is
   * lost the next call finds out. It runs on a pool of the messaging, and an abort ends it on the server too, unless a
   * pooler between hides which connection is whose.
   *
   * @throws TypeError for an effect without `handled`: it would happen again with every delivery
   */
  async onceManyWith(
    consumer: string,
    messageIds: readonly string[],
    effect: HandledEffect,
    options: TransactionOptions = {},
  ): Promise<void> {
    const { pool, wake, onError } = this.#options;
    const { sends } = effect;
    const parameters = effect.values.length;
    const text = this.#effectsOfMany.of({ text: effect.text, parameters, messageIds: sends?.ids });
    // Sorted, so that two statements with the same messages cannot wait for each other.
    const ids = [...messageIds].sort();
    const values = [...effect.values, consumer, ids, ...(sends ? outboxValues(sends.messages) : [])];
    const { rows } = await repeatOnConflict(() =>
      runAlone({ text, values, pool: this.#poolOfEffects(), endedBy: pool, onError, ...options }),
    );
    const sent = new Set(rows.map((row) => row['message_id']));
    const written = (sends?.messages ?? []).filter(({ envelope }) => sent.has(envelope.id));
    if (written.length > 0) wake(written.map(({ to }) => to));
  }

  /** Nobody waits for a connection that plans once: the others are as good, only dearer. */
  #poolOfEffects(): Pool {
    const { pool, planningOnce } = this.#options;
    return planningOnce !== undefined && hasFree(planningOnce) ? planningOnce : pool;
  }

  has(consumer: string, messageId: string): Promise<boolean> {
    const text = 'SELECT FROM inbox WHERE consumer = $1 AND message_id = $2';
    return this.#options.pool.query(text, [consumer, messageId]).then(({ rowCount }) => rowCount !== 0);
  }

  /**
   * Removes what is too old to come again, in batches, oldest first. Answers how many rows went.
   * @throws RangeError that lists every option out of range
   */
  async purge(options: PurgeOptions): Promise<number> {
    const { olderThanMs, batch } = resolvePurge(options);
    const statement = `
      DELETE FROM inbox WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM inbox WHERE handled_at < now() - $2 * interval '1 ms' ORDER BY handled_at LIMIT $1))`;
    return deleteInBatches(this.#options.pool, statement, [olderThanMs], batch);
  }
}

function hasFree({ idleCount, totalCount, options }: Pool): boolean {
  return idleCount > 0 || totalCount < options.max;
}

/** SQLSTATE of a serialization failure and of a deadlock: the same transaction may succeed at once. */
const conflicts: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const MOST_TRIES = 5;

/** Runs what is a transaction of its own, and again when the server ended it for a conflict with another one. */
async function repeatOnConflict<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isConflict(error) || tries >= MOST_TRIES) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  // An ORM wraps what the database said.
  return conflicts.has(code) || conflicts.has((cause as { readonly code?: unknown } | undefined)?.code);
}

function resolvePurge(options: PurgeOptions): Required<PurgeOptions> {
  const resolved = withDefaults(options, { batch: 1_000 });
  const problems = rangeProblems(resolved, { olderThanMs: { min: 0 }, batch: { min: 1, whole: true } });
  if (problems.length > 0) throw new RangeError(`Invalid options of a purge: ${problems.join('; ')}.`);
  return resolved;
}

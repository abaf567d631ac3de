import type { DeadLetters } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { type Chosen, type CopyOwner as DiscardRow, LetterCopies } from '../copies/letter-copies.js';
import type { LetterCipher } from '../copies/letter-cipher.js';

export interface DiscardRunnerOptions {
  readonly pool: Pool;
  readonly messaging: Pick<PostgresMessaging, 'transaction'>;
  readonly deadLetters: Pick<DeadLetters, 'read' | 'discard'>;
  readonly cipher: LetterCipher;
  /** Called with what keeps one discard from going on; the others do. */
  readonly onError: (error: unknown, discardId: string) => void;
}

/**
 * Moves every discard on by a step. A letter's copy is committed before the letter is removed; when the process dies in
 * between, the next one removes what is still there.
 */
export class DiscardRunner {
  readonly #options: DiscardRunnerOptions;
  readonly #copies: LetterCopies;

  constructor(options: DiscardRunnerOptions) {
    this.#options = options;
    this.#copies = new LetterCopies({ ...options, table: 'ops_discard_letters', owner: 'discard_id' });
  }

  /** Resolves with whether there is more to do at once. */
  async step(signal: AbortSignal): Promise<boolean> {
    const { pool, onError } = this.#options;
    const { rows } = await pool.query<DiscardRow>(
      "SELECT id, queue FROM ops_discards WHERE state = 'running' ORDER BY created_at, id",
    );
    let isBusy = false;
    for (const discard of rows) {
      if (signal.aborted) return false;
      try {
        isBusy = (await this.#advance(discard, signal)) || isBusy;
      } catch (error) {
        if (!signal.aborted) onError(error, discard.id);
      }
    }
    return isBusy;
  }

  async #advance(discard: DiscardRow, signal: AbortSignal): Promise<boolean> {
    const waiting = await this.#copies.inState(discard, 'waiting');
    if (waiting.length > 0) await this.#copies.copy(discard, waiting);
    const exported = await this.#copies.inState(discard, 'exported');
    if (exported.length > 0) return this.#remove(discard, exported, signal);
    if (waiting.length > 0) return true;
    await this.#options.pool.query("UPDATE ops_discards SET state = 'done', ended_at = now() WHERE id = $1", [
      discard.id,
    ]);
    return false;
  }

  async #remove({ id, queue }: DiscardRow, letters: readonly Chosen[], signal: AbortSignal): Promise<boolean> {
    const { deadLetters, messaging } = this.#options;
    const ids = new Map(letters.map(({ place, message_id: messageId }) => [place, messageId]));
    await deadLetters.discard(queue, {
      places: new Set(ids.keys()),
      filter: (letter) => ids.get(letter.place) === letter.id,
      signal,
    });
    // Somebody else may have some in hand: they are removed by a later step.
    const left = await deadLetters.read(queue, [...ids.keys()]);
    const there = new Set(
      left.filter(({ letter }) => ids.get(letter.place) === letter.id).map(({ letter }) => letter.place),
    );
    const gone = letters.filter(({ place }) => !there.has(place));
    await messaging.transaction(async (tx) => {
      await tx.query(
        `UPDATE ops_discard_letters SET state = 'discarded'
         WHERE discard_id = $1 AND n = ANY ($2::int[]) AND state = 'exported'`,
        [id, gone.map(({ n }) => n)],
      );
      await tx.query(
        `UPDATE dead_letters SET gone_at = coalesce(gone_at, now()), outcome = 'discarded', outcome_id = $3
         WHERE queue = $1 AND place = ANY ($2::text[])`,
        [queue, gone.map(({ place }) => place), id],
      );
    });
    return gone.length > 0;
  }
}

import type { DeadLetters } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import type { LetterCipher } from '../copies/letter-cipher.js';
import { changedProperties } from './check-edit.js';
import { type EditRow, messagesOf } from './edit-store.js';

export interface EditRunnerOptions {
  readonly pool: Pool;
  readonly messaging: Pick<PostgresMessaging, 'transaction'>;
  readonly deadLetters: Pick<DeadLetters, 'replay' | 'read'>;
  readonly cipher: LetterCipher;
  /** Called with what keeps one edit from going on; the others do. */
  readonly onError: (error: unknown, editId: string) => void;
}

/** How an edit ended. */
interface Outcome {
  readonly state: 'sent' | 'refused' | 'missing';
  readonly detail?: string;
}

/**
 * Sends edited messages in place of their letters. The letter is locked, its edit sent and confirmed, then the letter
 * removed: never are both versions on their way. When the process dies in between, the next one does it again; the edit
 * has the same id then, and is known by it.
 */
export class EditRunner {
  readonly #options: EditRunnerOptions;

  constructor(options: EditRunnerOptions) {
    this.#options = options;
  }

  /** Resolves with whether there is more to do at once: there never is. */
  async step(signal: AbortSignal): Promise<boolean> {
    const { pool, onError } = this.#options;
    const { rows } = await pool.query<EditRow>(
      "SELECT * FROM ops_edits WHERE state IN ('waiting', 'sending') ORDER BY created_at, id LIMIT 100",
    );
    for (const edit of rows) {
      if (signal.aborted) return false;
      try {
        await this.#advance(edit, signal);
      } catch (error) {
        if (!signal.aborted) onError(error, edit.id);
      }
    }
    return false;
  }

  async #advance(edit: EditRow, signal: AbortSignal): Promise<void> {
    const { pool, messaging } = this.#options;
    await pool.query("UPDATE ops_edits SET state = 'sending' WHERE id = $1 AND state = 'waiting'", [edit.id]);
    const outcome = await this.#send(edit, signal);
    if (outcome === undefined) return;
    const { state, detail } = outcome;
    await messaging.transaction(async (tx) => {
      await tx.query(
        `UPDATE ops_edits SET state = $2, detail = $3, ended_at = now()
         WHERE id = $1 AND state = 'sending'`,
        [edit.id, state, detail ?? null],
      );
      if (state !== 'sent') return;
      await tx.query(
        `UPDATE dead_letters SET gone_at = coalesce(gone_at, now()), outcome = 'edited', outcome_id = $3
         WHERE queue = $1 AND place = $2`,
        [edit.queue, edit.place, edit.id],
      );
    });
  }

  /** Undefined when somebody else has the letter in hand: it is tried again. */
  async #send(edit: EditRow, signal: AbortSignal): Promise<Outcome | undefined> {
    const { deadLetters, cipher } = this.#options;
    const messages = messagesOf(edit, cipher);
    if (!messages) return { state: 'missing', detail: 'It waited for so long that its messages were removed.' };
    const { original, edited } = messages;
    const refusals: string[] = [];
    const { replayed } = await deadLetters.replay(edit.queue, {
      to: edit.target,
      places: new Set([edit.place]),
      filter: ({ id }) => id === original.id,
      edit: () => ({ id: edited.id, body: edited.body, headers: changedProperties(original, edited) }),
      onFailed: (_letter, { message }) => refusals.push(message.slice(0, 300)),
      signal,
    });
    if (replayed === 1) return { state: 'sent' };
    const [refusal] = refusals;
    if (refusal !== undefined) return { state: 'refused', detail: refusal };
    const [left] = await deadLetters.read(edit.queue, [edit.place]);
    if (left?.letter.id === original.id) return undefined;
    if (edit.state === 'waiting') return { state: 'missing', detail: 'Somebody else took the letter before.' };
    return { state: 'sent', detail: 'The letter was gone when this was tried again after an interruption.' };
  }
}

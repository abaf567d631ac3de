import type { Pool } from 'pg';
import { type CopyOwner, LetterCopies, type LetterCopiesOptions } from '../copies/letter-copies.js';

export interface ExportRunnerOptions extends Pick<LetterCopiesOptions, 'deadLetters' | 'cipher'> {
  readonly pool: Pool;
  /** Called with what keeps one export from going on; the others do. */
  readonly onError: (error: unknown, exportId: string) => void;
}

/** Moves every export on by a step: copies letters, and leaves them where they are. */
export class ExportRunner {
  readonly #options: ExportRunnerOptions;
  readonly #copies: LetterCopies;

  constructor(options: ExportRunnerOptions) {
    this.#options = options;
    this.#copies = new LetterCopies({ ...options, table: 'ops_export_letters', owner: 'export_id' });
  }

  /** Resolves with whether there is more to do at once. */
  async step(signal: AbortSignal): Promise<boolean> {
    const { pool, onError } = this.#options;
    const { rows } = await pool.query<CopyOwner>(
      "SELECT id, queue FROM ops_exports WHERE state = 'running' ORDER BY created_at, id",
    );
    let isBusy = false;
    for (const each of rows) {
      if (signal.aborted) return false;
      try {
        isBusy = (await this.#advance(each)) || isBusy;
      } catch (error) {
        if (!signal.aborted) onError(error, each.id);
      }
    }
    return isBusy;
  }

  async #advance(each: CopyOwner): Promise<boolean> {
    const waiting = await this.#copies.inState(each, 'waiting');
    if (waiting.length > 0) {
      await this.#copies.copy(each, waiting);
      return true;
    }
    await this.#options.pool.query("UPDATE ops_exports SET state = 'done', ended_at = now() WHERE id = $1", [each.id]);
    return false;
  }
}

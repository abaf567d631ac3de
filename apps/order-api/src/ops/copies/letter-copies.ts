import type { DeadLetters } from '@orderflow/messaging';
import { deleteInBatches } from '@orderflow/messaging/postgres';
import type { Purge } from '@orderflow/service-kit';
import type { Pool } from 'pg';
import type { LetterCipher } from './letter-cipher.js';

/** How long copies of letters are kept, in days. */
export const retentionDays = 30;

/** A letter that is to be copied, or was. */
export interface Chosen {
  readonly n: number;
  readonly place: string;
  readonly message_id: string;
}

/** What letters belong to. */
export interface CopyOwner {
  readonly id: string;
  readonly queue: string;
}

/** Where copies are kept: names of a table and of its column for what they belong to, never a user's text. */
interface CopyTable {
  readonly table: 'ops_discard_letters' | 'ops_export_letters';
  readonly owner: 'discard_id' | 'export_id';
}

export interface LetterCopiesOptions extends CopyTable {
  readonly pool: Pool;
  readonly deadLetters: Pick<DeadLetters, 'read'>;
  readonly cipher: LetterCipher;
}

/** As many as a broker reads at once. */
const batchSize = 250;

/** Encrypted copies of letters, made before anything is done to the letters themselves. */
export class LetterCopies {
  readonly #options: LetterCopiesOptions;

  constructor(options: LetterCopiesOptions) {
    this.#options = options;
  }

  /** Letters in a state, oldest first, 250 at most. */
  async inState({ id }: CopyOwner, state: 'waiting' | 'exported'): Promise<readonly Chosen[]> {
    const { pool, table, owner } = this.#options;
    const { rows } = await pool.query<Chosen>(
      `SELECT n, place, message_id FROM ${table} WHERE ${owner} = $1 AND state = $2 ORDER BY n LIMIT $3`,
      [id, state, batchSize],
    );
    return rows;
  }

  /** Commits a copy of each letter that is still there; the others are missing. */
  async copy({ id, queue }: CopyOwner, letters: readonly Chosen[]): Promise<void> {
    const { pool, deadLetters, cipher, table, owner } = this.#options;
    const found = await deadLetters.read(
      queue,
      letters.map(({ place }) => place),
    );
    const whole = new Map(found.map(({ letter, envelope }) => [letter.place, envelope]));
    const copies = letters.map(({ n, place, message_id: messageId }) => {
      const envelope = whole.get(place);
      return envelope?.id === messageId ? cipher.encrypt(envelope, purposeOf(id, n)) : null;
    });
    await pool.query(
      `UPDATE ${table} letter SET copy = one.copy, copied_at = now(),
         state = CASE WHEN one.copy IS NULL THEN 'missing' ELSE 'exported' END
       FROM unnest($2::int[], $3::bytea[]) AS one (n, copy)
       WHERE ${owner} = $1 AND letter.n = one.n AND state = 'waiting'`,
      [id, letters.map(({ n }) => n), copies],
    );
  }
}

/** What a copy is encrypted for. */
export function purposeOf(id: string, n: number): string {
  return `${id} ${n}`;
}

/** Copies that are past their retention; that there was a letter stays known. */
export function purgesOfCopies(pool: Pool): readonly Purge[] {
  const purge = (what: string, table: string, age: string, columns: readonly string[]): Purge => ({
    what: `old copies of ${what} letters`,
    everyMs: 600_000,
    remove: () =>
      deleteInBatches(
        pool,
        `UPDATE ${table} SET ${columns.map((column) => `${column} = NULL`).join(', ')} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${columns[0]} IS NOT NULL AND ${age} < now() - $2 * interval '1 day'
           LIMIT $1))`,
        [retentionDays],
      ),
  });
  return [
    purge('discarded', 'ops_discard_letters', 'copied_at', ['copy']),
    purge('exported', 'ops_export_letters', 'copied_at', ['copy']),
    purge('edited', 'ops_edits', 'created_at', ['original', 'edited']),
  ];
}

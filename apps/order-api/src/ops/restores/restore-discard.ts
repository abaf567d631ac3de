import type { LetterCipher } from '../copies/letter-cipher.js';
import { purposeOf } from '../copies/letter-copies.js';
import { type CopySource, sendAgain, type SendAgainOptions } from './send-again.js';

export interface RestoreDiscardOptions extends Omit<SendAgainOptions, 'target'> {
  readonly cipher: LetterCipher;
  readonly discard: { readonly id: string; readonly target: string };
}

/**
 * Sends the discarded letters of which there is a copy to their queue again, each once: with the id it had, which the
 * inbox knows if it was handled after all. Resolves with how many.
 * @throws Problem 503 when the broker does not take them; what was sent until then is recognised when it is called again
 */
export function restoreDiscard({ cipher, discard, ...options }: RestoreDiscardOptions): Promise<number> {
  const { id, target } = discard;
  const source: CopySource = {
    async page(tx, after) {
      const { rows } = await tx.query(
        `SELECT n, generation, copy FROM ops_discard_letters
         WHERE discard_id = $1 AND n > $2 AND state = 'discarded' AND copy IS NOT NULL ORDER BY n LIMIT 100 FOR UPDATE`,
        [id, after],
      );
      const letters = rows.map((row) => {
        const n = Number(row['n']);
        const envelope = cipher.decrypt(row['copy'] as Buffer, purposeOf(id, n));
        return { n, envelope, generation: Number(row['generation']) };
      });
      return { letters, last: letters.at(-1)?.n };
    },
    async sent(tx, numbers) {
      await tx.query(
        `UPDATE ops_discard_letters SET state = 'restored', restored_at = now()
         WHERE discard_id = $1 AND n = ANY ($2::int[])`,
        [id, numbers],
      );
    },
  };
  return sendAgain({ ...options, target }, source);
}

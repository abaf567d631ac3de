import type { LetterCipher } from '../copies/letter-cipher.js';
import { purposeOf } from '../copies/letter-copies.js';
import { type CopySource, sendAgain, type SendAgainOptions } from './send-again.js';

export interface RestoreDiscardOptions extends Omit<SendAgainOptions, 'queue' | 'target'> {
  readonly cipher: LetterCipher;
  readonly discard: { readonly id: string; readonly queue: string; readonly target: string };
}

/** What became of the copies of a discard that had not been restored before. */
export interface RestoredDiscard {
  readonly restored: number;
  /** Left out: the restore of an export sent them. */
  readonly sentOtherwise: number;
}

interface DiscardedRow {
  readonly n: number;
  readonly generation: number;
  readonly copy: Buffer;
  readonly is_sent: boolean;
}

/**
 * Sends the discarded letters of which there is a copy to their queue again, each once: with the id it had, which the
 * inbox knows if it was handled after all. What a restore of an export sent is left out: nothing else can have a letter
 * that was discarded.
 * @throws Problem 503 when the broker does not take them; what was sent until then is recognised when it is called again
 */
export async function restoreDiscard({ cipher, discard, ...options }: RestoreDiscardOptions): Promise<RestoredDiscard> {
  const { id, queue, target } = discard;
  let sentOtherwise = 0;
  const source: CopySource = {
    async page(tx, after) {
      const { rows } = await tx.query(
        `SELECT n, generation, copy,
           EXISTS (SELECT FROM ops_export_letters other WHERE other.message_id = letter.message_id
             AND other.queue = letter.queue AND other.place = letter.place AND other.restored_at IS NOT NULL) AS is_sent
         FROM ops_discard_letters letter
         WHERE discard_id = $1 AND n > $2 AND state = 'discarded' AND copy IS NOT NULL
         ORDER BY n LIMIT 100 FOR UPDATE OF letter`,
        [id, after],
      );
      const copies = rows as unknown as readonly DiscardedRow[];
      const letters = copies.flatMap(({ n, generation, copy, is_sent: isSent }) =>
        isSent ? [] : [{ n, envelope: cipher.decrypt(copy, purposeOf(id, n)), generation }],
      );
      sentOtherwise += copies.length - letters.length;
      return { letters, last: copies.at(-1)?.n };
    },
    async sent(tx, numbers) {
      await tx.query(
        `UPDATE ops_discard_letters SET state = 'restored', restored_at = now()
         WHERE discard_id = $1 AND n = ANY ($2::int[])`,
        [id, numbers],
      );
    },
  };
  const restored = await sendAgain({ ...options, queue, target }, source);
  return { restored, sentOtherwise };
}

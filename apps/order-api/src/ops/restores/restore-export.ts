import type { DeadLetters } from '@orderflow/messaging';
import type { LetterCipher } from '../copies/letter-cipher.js';
import { type Chosen, type CopyOwner, purposeOf } from '../copies/letter-copies.js';
import { standingOf } from './letter-standing.js';
import { type CopySource, sendAgain, type SendAgainOptions } from './send-again.js';

export interface RestoreExportOptions extends Omit<SendAgainOptions, 'queue'> {
  readonly deadLetters: Pick<DeadLetters, 'read'>;
  readonly cipher: LetterCipher;
  readonly owner: CopyOwner;
}

/** What became of the copies of an export that had not been restored before. */
export interface RestoredExport {
  readonly restored: number;
  /** Left out: still dead letters, or dead letters again. */
  readonly present: number;
  /** Left out: a replay, a discard, an edit or another restore has them or sent them. */
  readonly sentOtherwise: number;
}

interface CopyRow extends Chosen {
  readonly copy: Buffer;
}

/**
 * Sends the letters of an export that are gone to their queue again, each once, with the id it had. Never is one a dead
 * letter and on its way.
 * @throws Problem 503 when the broker does not answer; what was sent until then is recognised when it is called again
 */
export async function restoreExport(options: RestoreExportOptions): Promise<RestoredExport> {
  const { deadLetters, cipher, owner } = options;
  const { id, queue } = owner;
  const leftOut = { present: 0, sent: 0 };
  const source: CopySource = {
    async page(tx, after) {
      const { rows } = await tx.query(
        `SELECT n, place, message_id, copy FROM ops_export_letters
         WHERE export_id = $1 AND n > $2 AND copy IS NOT NULL AND restored_at IS NULL ORDER BY n LIMIT 100 FOR UPDATE`,
        [id, after],
      );
      const copies = rows as unknown as readonly CopyRow[];
      if (copies.length === 0) return { letters: [], last: undefined };
      const standings = await standingOf(tx, deadLetters, { queue, letters: copies });
      const letters = copies.flatMap(({ n, copy }) => {
        const { generation, obstacle } = standings.get(n) ?? { generation: 0, obstacle: undefined };
        if (obstacle !== undefined) leftOut[obstacle] += 1;
        return obstacle === undefined ? [{ n, envelope: cipher.decrypt(copy, purposeOf(id, n)), generation }] : [];
      });
      return { letters, last: copies.at(-1)?.n };
    },
    async sent(tx, numbers) {
      await tx.query('UPDATE ops_export_letters SET restored_at = now() WHERE export_id = $1 AND n = ANY ($2::int[])', [
        id,
        numbers,
      ]);
    },
  };
  const restored = await sendAgain({ ...options, queue }, source);
  return { restored, present: leftOut.present, sentOtherwise: leftOut.sent };
}

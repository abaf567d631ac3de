import type { DeadLetters } from '@orderflow/messaging';
import { Problem } from '@orderflow/service-kit';
import type { LetterCipher } from '../copies/letter-cipher.js';
import { standingOf } from './letter-standing.js';
import { type CopySource, sendAgain, type SendAgainOptions } from './send-again.js';
import { type EditRow, messagesOf, noEdit } from '../edits/edit-store.js';

export interface RestoreEditOptions extends Omit<SendAgainOptions, 'queue' | 'target'> {
  readonly deadLetters: Pick<DeadLetters, 'read'>;
  readonly cipher: LetterCipher;
  readonly edit: { readonly id: string; readonly queue: string; readonly target: string };
}

/**
 * Sends the original of an edit to the queue of the consumer that failed, once, with the id it had. Resolves with how many
 * were sent: none when it was restored before.
 * @throws Problem 409 while the edit runs, or the letter is a dead letter or was sent by something else; 410 when the copy
 * was removed; 503 when the broker does not answer
 */
export function restoreEdit({ deadLetters, cipher, edit, ...options }: RestoreEditOptions): Promise<number> {
  const { id, queue, target } = edit;
  const source: CopySource = {
    async page(tx, after) {
      if (after > 0) return { letters: [], last: undefined };
      const { rows } = await tx.query('SELECT * FROM ops_edits WHERE id = $1 FOR UPDATE', [id]);
      const [row] = rows as unknown as readonly EditRow[];
      if (!row) throw noEdit(id);
      if (row.restored_at) return { letters: [], last: undefined };
      const { place, message_id } = row;
      refuseRunning(row);
      const messages = messagesOf(row, cipher);
      if (!messages) throw new Problem(410, 'edit-expired', `The messages of edit ${id} were removed: it is too old.`);
      const letters = [{ n: 1, place, message_id }];
      const standing = (await standingOf(tx, deadLetters, { queue, letters, exceptEdit: id })).get(1);
      if (standing?.obstacle !== undefined) throw new Problem(409, 'edit-not-restorable', obstacles[standing.obstacle]);
      return { letters: [{ n: 1, envelope: messages.original, generation: standing?.generation ?? 0 }], last: 1 };
    },
    async sent(tx) {
      await tx.query('UPDATE ops_edits SET restored_at = now() WHERE id = $1', [id]);
    },
  };
  return sendAgain({ ...options, queue, target }, source);
}

const obstacles = {
  present: 'The original is a dead letter: replay it. If it was taken just now, try again once the list shows that.',
  sent: 'A replay, a discard, another edit or a restore has the original or sent it.',
};

function refuseRunning({ id, state }: EditRow): void {
  if (state !== 'waiting' && state !== 'sending') return;
  throw new Problem(409, 'edit-running', `Edit ${id} has not ended. Wait for it, then restore.`);
}

import type { SqlTransaction } from '@orderflow/messaging/postgres';

/** What may have a letter, and in which states it does. */
const claims = {
  replay: { table: 'ops_replay_letters', states: ['waiting', 'sending'] },
  discard: { table: 'ops_discard_letters', states: ['waiting', 'exported'] },
  edit: { table: 'ops_edits', states: ['waiting', 'sending'] },
} as const;
export type Claimer = keyof typeof claims;

/** Letters of a queue: those of a selection, or the one in a place. */
export type ChosenLetters = { readonly queue: string } & (
  | { readonly selectionId: string }
  | { readonly place: string }
);

/**
 * Whether something of these kinds that has not ended has one of the letters. Part of a transaction that holds the queue's
 * lock.
 */
export async function isClaimed(
  tx: SqlTransaction,
  letters: ChosenLetters,
  claimers: readonly Claimer[],
): Promise<boolean> {
  const [chosen, value] =
    'place' in letters
      ? ['= $2', letters.place]
      : ['IN (SELECT place FROM ops_selection_letters WHERE selection_id = $2)', letters.selectionId];
  for (const claimer of claimers) {
    const { table, states } = claims[claimer];
    const { rows } = await tx.query(
      `SELECT FROM ${table} WHERE queue = $1 AND place ${chosen} AND state = ANY ($3::text[]) LIMIT 1`,
      [letters.queue, value, [...states]],
    );
    if (rows.length > 0) return true;
  }
  return false;
}

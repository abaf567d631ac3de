import { randomUUID } from 'node:crypto';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { z } from 'zod';
import { note } from '../replays/replay-request.js';
import { mostPassedOver } from '../replays/replay-store.js';
import { isClaimed } from '../claims.js';
import { lockQueue } from '../queue-lock.js';
import { useSelection } from '../selections/selection-store.js';

/** The body of `POST /ops/discards`. */
export const discardRequest = z.strictObject({
  selectionId: z.uuid('must be the id of a selection'),
  confirm: z.int('must be the count of the selection').min(0, 'must be the count of the selection'),
  note,
});
export type DiscardRequest = z.output<typeof discardRequest>;

const instant = z.iso.datetime();
export const discardView = z
  .object({
    id: z.uuid(),
    selectionId: z.uuid(),
    queue: z.string(),
    target: z.string().describe('The queue that gets what is restored'),
    state: z.enum(['running', 'done']),
    letters: z.int(),
    waiting: z.int(),
    exported: z.int().describe('Copied, and about to be removed'),
    discarded: z.int(),
    missing: z.int().describe('Somebody else took it before'),
    restored: z.int(),
    note: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: instant.optional(),
  })
  .meta({ id: 'Discard' });
export type DiscardView = z.infer<typeof discardView>;

/** A discard, with what a restore of it left out. */
export const restoredDiscardView = discardView
  .extend({ sentOtherwise: z.int().describe('Left out: the restore of an export sent it') })
  .meta({ id: 'RestoredDiscard' });
export type RestoredDiscardView = z.infer<typeof restoredDiscardView>;

/**
 * Makes a discard of a selection, or answers the one there is.
 * @throws Problem for a selection that cannot be used, a wrong count, or letters that something else has
 */
export async function createDiscard(
  tx: SqlTransaction,
  { selectionId, confirm, note: why }: DiscardRequest,
  { actor, targetOf }: { readonly actor: string; readonly targetOf: (queue: string) => string },
): Promise<string> {
  const { queue, count, passedOver } = await useSelection(tx, selectionId);
  if (confirm !== count) {
    const detail = `The selection has ${count} letters, and ${confirm} were confirmed. Look at the count, then confirm it.`;
    throw new Problem(422, 'confirm-mismatch', detail);
  }
  const { rows } = await tx.query('SELECT id FROM ops_discards WHERE selection_id = $1', [selectionId]);
  if (rows[0]) return String(rows[0]['id']);
  if (passedOver > mostPassedOver) {
    throw new Problem(422, 'discard-too-deep', `${passedOver} other letters would have to be handed back on the way.`);
  }
  await lockQueue(tx, queue);
  if (await isClaimed(tx, { queue, selectionId }, ['replay', 'edit'])) throw overlapping();
  const id = randomUUID();
  await tx.query(
    `INSERT INTO ops_discards (id, selection_id, queue, target, state, letters, note, created_by)
     VALUES ($1, $2, $3, $4, 'running', $5, $6, $7)`,
    [id, selectionId, queue, targetOf(queue), count, why, actor],
  );
  await tx.query(
    `INSERT INTO ops_discard_letters (discard_id, n, queue, place, message_id, generation, state)
     SELECT $1, row_number() OVER (ORDER BY position), $3, place, message_id, generation, 'waiting'
     FROM ops_selection_letters WHERE selection_id = $2 ORDER BY place`,
    [id, selectionId, queue],
  );
  return id;
}

export function overlapping(cause?: unknown): Problem {
  const detail =
    'A replay, a discard or an edit that has not ended has some of these letters. Wait for it, or cancel it.';
  return new Problem(409, 'discard-overlaps', detail, { cause });
}

/** PostgreSQL's answer to two discards of one letter. */
export function isDiscardOverlap(error: unknown): boolean {
  const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
  return code === '23505' && constraint === 'ops_discard_letters_claimed';
}

export function noDiscard(id: string): Problem {
  return new Problem(404, 'discard-not-found', `There is no discard ${id} here.`);
}

/** The newest ones, or one. */
export async function readDiscards(
  db: SqlTransaction,
  { id, limit = 1 }: { readonly id?: string; readonly limit?: number },
): Promise<DiscardView[]> {
  const { rows } = await db.query(
    `SELECT discard.*, (SELECT jsonb_object_agg(state, count) FROM (
         SELECT state, count(*) FROM ops_discard_letters WHERE discard_id = discard.id GROUP BY 1) counted) AS counts
     FROM ops_discards discard WHERE $1::uuid IS NULL OR id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`,
    [id ?? null, limit],
  );
  return rows.map((row) => {
    const counts = (row['counts'] ?? {}) as Readonly<Record<string, number>>;
    const of = (state: string) => counts[state] ?? 0;
    const endedAt = row['ended_at'] as Date | null;
    return {
      ...{ id: String(row['id']), selectionId: String(row['selection_id']), queue: String(row['queue']) },
      ...{
        target: String(row['target']),
        state: row['state'] as DiscardView['state'],
        letters: Number(row['letters']),
      },
      ...{ waiting: of('waiting'), exported: of('exported'), discarded: of('discarded'), missing: of('missing') },
      ...{ restored: of('restored'), note: String(row['note']), createdBy: String(row['created_by']) },
      createdAt: (row['created_at'] as Date).toISOString(),
      ...(endedAt && { endedAt: endedAt.toISOString() }),
    };
  });
}

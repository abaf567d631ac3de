import { randomUUID } from 'node:crypto';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { z } from 'zod';
import { note } from '../replays/replay-request.js';
import { useSelection } from '../selections/selection-store.js';
import { retentionDays } from '../copies/letter-copies.js';

/** The body of `POST /ops/exports`. */
export const exportRequest = z.strictObject({
  selectionId: z.uuid('must be the id of a selection'),
  note,
});
export type ExportRequest = z.output<typeof exportRequest>;

const instant = z.iso.datetime();
export const exportView = z
  .object({
    id: z.uuid(),
    selectionId: z.uuid(),
    queue: z.string(),
    state: z.enum(['running', 'done']),
    letters: z.int(),
    waiting: z.int(),
    exported: z.int().describe('Copied; that moved no letter'),
    missing: z.int().describe('Somebody took it before'),
    restored: z.int().describe('Of those exported: sent to its queue again'),
    note: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: instant.optional(),
    keptUntil: instant.describe('When its copies are removed'),
  })
  .meta({ id: 'Export' });
export type ExportView = z.infer<typeof exportView>;

/** An export, with what a restore of it left out. */
export const restoredExportView = exportView
  .extend({
    present: z.int().describe('Left out: still a dead letter, or a dead letter again'),
    sentOtherwise: z.int().describe('Left out: a replay, a discard, an edit or another restore has it or sent it'),
  })
  .meta({ id: 'RestoredExport' });
export type RestoredExportView = z.infer<typeof restoredExportView>;

export const exportList = z.object({ items: z.array(exportView) }).meta({ id: 'Exports' });
export type ExportList = z.infer<typeof exportList>;

/**
 * Makes an export of a selection, or answers the one there is. Part of a transaction.
 * @throws Problem for a selection that cannot be used
 */
export async function createExport(
  tx: SqlTransaction,
  { selectionId, note: why }: ExportRequest,
  actor: string,
): Promise<string> {
  const { queue, count } = await useSelection(tx, selectionId);
  const { rows } = await tx.query('SELECT id FROM ops_exports WHERE selection_id = $1', [selectionId]);
  if (rows[0]) return String(rows[0]['id']);
  const id = randomUUID();
  await tx.query(
    `INSERT INTO ops_exports (id, selection_id, queue, state, letters, note, created_by)
     VALUES ($1, $2, $3, 'running', $4, $5, $6)`,
    [id, selectionId, queue, count, why, actor],
  );
  await tx.query(
    `INSERT INTO ops_export_letters (export_id, n, queue, place, message_id, state)
     SELECT $1, row_number() OVER (ORDER BY position), $3, place, message_id, 'waiting'
     FROM ops_selection_letters WHERE selection_id = $2`,
    [id, selectionId, queue],
  );
  return id;
}

export function noExport(id: string): Problem {
  return new Problem(404, 'export-not-found', `There is no export ${id} here.`);
}

/** The newest ones, or one. */
export async function readExports(
  db: SqlTransaction,
  { id, limit = 1 }: { readonly id?: string; readonly limit?: number },
): Promise<ExportView[]> {
  const { rows } = await db.query(
    `SELECT export.*, counted.* FROM ops_exports export, LATERAL (
         SELECT count(*) FILTER (WHERE letter.state = 'waiting') AS waiting,
           count(*) FILTER (WHERE letter.state = 'exported') AS exported,
           count(*) FILTER (WHERE letter.state = 'missing') AS missing,
           count(letter.restored_at) AS restored
         FROM ops_export_letters letter WHERE export_id = export.id) counted
     WHERE $1::uuid IS NULL OR id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`,
    [id ?? null, limit],
  );
  return rows.map(viewOf);
}

function viewOf(row: Readonly<Record<string, unknown>>): ExportView {
  const createdAt = row['created_at'] as Date;
  const endedAt = row['ended_at'] as Date | null;
  const count = (name: string) => Number(row[name]);
  return {
    ...{ id: String(row['id']), selectionId: String(row['selection_id']), queue: String(row['queue']) },
    ...{ state: row['state'] as ExportView['state'], letters: count('letters'), waiting: count('waiting') },
    ...{ exported: count('exported'), missing: count('missing'), restored: count('restored') },
    ...{ note: String(row['note']), createdBy: String(row['created_by']), createdAt: createdAt.toISOString() },
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    keptUntil: new Date(createdAt.getTime() + retentionDays * 86_400_000).toISOString(),
  };
}

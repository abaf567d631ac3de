import { randomUUID } from 'node:crypto';
import type { Envelope } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { isClaimed } from '../claims.js';
import type { LetterCipher } from '../copies/letter-cipher.js';
import { retentionDays } from '../copies/letter-copies.js';
import { lockQueue } from '../queue-lock.js';
import { changedProperties, editedEnvelope, editedFrom } from './check-edit.js';
import type { EditRequest } from './edit-request.js';
import type { EditView } from './edit-view.js';

/** A row of `ops_edits`. */
export interface EditRow {
  readonly id: string;
  readonly queue: string;
  readonly target: string;
  readonly place: string;
  readonly message_id: string;
  readonly new_message_id: string;
  readonly type: string;
  readonly version: number;
  readonly state: EditView['state'];
  readonly detail: string | null;
  readonly original: Buffer | null;
  readonly edited: Buffer | null;
  readonly properties: readonly string[];
  readonly note: string;
  readonly created_by: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  /** When the original was sent again. */
  readonly restored_at: Date | null;
}

/** A letter that is to be edited. */
export interface EditedLetter {
  readonly queue: string;
  readonly target: string;
  readonly place: string;
  readonly original: Envelope;
  readonly request: EditRequest;
}

/** What the id of a message is made of: a repeated try sends the same message. */
export function newMessageId(editId: string): string {
  return `edit-${editId}`;
}

/**
 * Keeps both messages, encrypted, and answers the edit. Nothing is sent yet. Part of a transaction.
 * @throws Problem 409 when a replay, a discard or another edit has the letter
 */
export async function createEdit(
  tx: SqlTransaction,
  { queue, target, place, original, request }: EditedLetter,
  { actor, cipher }: { readonly actor: string; readonly cipher: LetterCipher },
): Promise<string> {
  await lockQueue(tx, queue);
  if (await isClaimed(tx, { queue, place }, ['replay', 'discard', 'edit'])) {
    const detail = 'A replay, a discard or another edit that has not ended has this letter. Wait for it, or cancel it.';
    throw new Problem(409, 'edit-overlaps', detail);
  }
  const id = randomUUID();
  const edited = editedEnvelope(original, request, newMessageId(id));
  const properties = Object.keys(changedProperties(original, edited)).filter((name) => name !== editedFrom);
  await tx.query(
    `INSERT INTO ops_edits (id, queue, target, place, message_id, new_message_id, type, version, state, original, edited,
       properties, note, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $11, $12, $13)`,
    [
      ...[id, queue, target, place, original.id, edited.id, original.type, original.version],
      ...[cipher.encrypt(original, purposeOf(id, 'original')), cipher.encrypt(edited, purposeOf(id, 'edited'))],
      ...[properties, request.note, actor],
    ],
  );
  return id;
}

/** The edit that was made of the same letter by the same request; undefined where there is none. */
export async function sameEdit(
  db: SqlTransaction,
  letter: { readonly queue: string; readonly place: string; readonly messageId: string },
  request: EditRequest,
  cipher: LetterCipher,
): Promise<string | undefined> {
  const { rows } = await db.query(
    `SELECT * FROM ops_edits WHERE queue = $1 AND place = $2 AND message_id = $3 AND note = $4
       AND state IN ('waiting', 'sending', 'sent') ORDER BY created_at DESC LIMIT 1`,
    [letter.queue, letter.place, letter.messageId, request.note],
  );
  const known = rows[0] as unknown as EditRow | undefined;
  const messages = known && messagesOf(known, cipher);
  if (!messages) return undefined;
  const { original, edited } = messages;
  const again = editedEnvelope(original, request, edited.id);
  const isSame =
    Buffer.from(edited.body).equals(Buffer.from(again.body)) &&
    Object.keys(changedProperties(edited, again)).length === 0;
  return isSame ? known.id : undefined;
}

/** Both messages of an edit; undefined once they were removed. */
export function messagesOf(
  { id, original, edited }: EditRow,
  cipher: LetterCipher,
): { readonly original: Envelope; readonly edited: Envelope } | undefined {
  if (original === null || edited === null) return undefined;
  return {
    original: cipher.decrypt(original, purposeOf(id, 'original')),
    edited: cipher.decrypt(edited, purposeOf(id, 'edited')),
  };
}

function purposeOf(id: string, which: 'original' | 'edited'): string {
  return `${id} ${which}`;
}

export function noEdit(id: string): Problem {
  return new Problem(404, 'edit-not-found', `There is no edit ${id} here.`);
}

/** The newest ones, or one. */
export async function readEdits(
  db: SqlTransaction,
  { id, limit = 1 }: { readonly id?: string; readonly limit?: number },
): Promise<readonly EditRow[]> {
  const { rows } = await db.query(
    'SELECT * FROM ops_edits WHERE $1::uuid IS NULL OR id = $1 ORDER BY created_at DESC, id DESC LIMIT $2',
    [id ?? null, limit],
  );
  return rows as unknown as readonly EditRow[];
}

/** An edit as it is shown: without its messages. */
export function viewOfEdit(row: EditRow): EditView {
  return {
    ...{ id: row.id, queue: row.queue, place: row.place, messageId: row.message_id },
    ...{ newMessageId: row.new_message_id, type: row.type, version: row.version, target: row.target },
    state: row.state,
    ...(row.detail !== null && { detail: row.detail }),
    ...{ properties: [...row.properties], note: row.note, createdBy: row.created_by },
    createdAt: row.created_at.toISOString(),
    ...(row.ended_at && { endedAt: row.ended_at.toISOString() }),
    ...(row.restored_at && { restoredAt: row.restored_at.toISOString() }),
    keptUntil: new Date(row.created_at.getTime() + retentionDays * 86_400_000).toISOString(),
  };
}

import type { Envelope } from '@orderflow/messaging';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { LetterCipher } from '../copies/letter-cipher.js';
import type { ShownBody } from '../payload/redact-payload.js';
import { purposeOf } from '../copies/letter-copies.js';

/** Letters of one read: about a megabyte of bodies of the usual size. */
const pageSize = 100;

export interface ExportLinesOptions {
  readonly db: SqlTransaction;
  readonly cipher: LetterCipher;
  /** The export. */
  readonly id: string;
  /** What of a body is shown. */
  readonly show: (envelope: Envelope) => ShownBody;
}

/**
 * The copies of an export as newline-delimited JSON, oldest first: a line a letter, read as they are asked for. Copies that
 * are past their retention are left out.
 */
export async function* exportLines({ db, cipher, id, show }: ExportLinesOptions): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const { rows } = await db.query(
      `SELECT letter.n, letter.place, letter.copy, dead.reason, dead.detail, dead.enqueued_at, dead.attempt, dead.generation
       FROM ops_export_letters letter
       LEFT JOIN dead_letters dead ON dead.queue = letter.queue AND dead.place = letter.place
         AND dead.message_id = letter.message_id
       WHERE export_id = $1 AND n > $2 AND copy IS NOT NULL ORDER BY n LIMIT $3`,
      [id, after, pageSize],
    );
    for (const row of rows) {
      const envelope = cipher.decrypt(row['copy'] as Buffer, purposeOf(id, Number(row['n'])));
      yield `${JSON.stringify(lineOf(row, envelope, show))}\n`;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last['n']);
  }
}

function lineOf(row: Readonly<Record<string, unknown>>, envelope: Envelope, show: ExportLinesOptions['show']): object {
  const { body: _, ...attributes } = envelope;
  const { n, place, reason, detail, enqueued_at: enqueuedAt, attempt, generation } = row;
  return { n, place, reason, detail, enqueuedAt, attempt, generation, message: { ...attributes, ...show(envelope) } };
}

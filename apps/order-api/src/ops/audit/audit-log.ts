import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { type Caller, Problem } from '@orderflow/service-kit';

/** Something that somebody is about to do. */
export interface Action {
  /** Who: {@link actorOf}. */
  readonly actor: string;
  /** What, e.g. `replay.create`. */
  readonly action: string;
  /** To what, e.g. `queues/orders`. */
  readonly subject: string;
  /** Why, in their words. */
  readonly note?: string | undefined;
  readonly details?: object;
}

/** Who a request comes from: `issuer client subject`, or `local` where no tokens are asked for. */
export function actorOf(caller: Caller | undefined): string {
  return caller ? `${caller.issuer} ${caller.client} ${caller.subject}` : 'local';
}

/**
 * Does something between two rows of the audit log: one before it runs, one with its result. When the process dies in
 * between, the first stays alone. Rejects as `work` does, and does nothing when the first row cannot be written.
 * @param resultOf what of the result is to be in the log
 */
export async function audited<R>(
  db: SqlTransaction,
  action: Action,
  work: () => Promise<R>,
  resultOf: (result: R) => object = () => ({}),
): Promise<R> {
  const begun = await insert(db, action, 'begun', null, action.details ?? {});
  try {
    const result = await work();
    await insert(db, action, 'done', begun, resultOf(result));
    return result;
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'internal-error';
    await insert(db, action, 'failed', begun, { code });
    throw error;
  }
}

async function insert(
  db: SqlTransaction,
  { actor, action, subject, note }: Action,
  phase: 'begun' | 'done' | 'failed',
  begun: string | null,
  details: object,
): Promise<string> {
  const { rows } = await db.query(
    `INSERT INTO ops_audit (begun, actor, action, subject, phase, note, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    [begun, actor, action, subject, phase, note ?? null, JSON.stringify(details)],
  );
  return String(rows[0]?.['id']);
}

/** A row of the log, as it is shown. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly begun?: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly phase: string;
  readonly note?: string;
  readonly details: unknown;
}

/** The newest rows before one, or the newest of all; of one subject where it is named. */
export async function readAudit(
  db: SqlTransaction,
  {
    subject,
    before,
    limit,
  }: { readonly subject?: string | undefined; readonly before?: string | undefined; readonly limit: number },
): Promise<readonly AuditEntry[]> {
  const { rows } = await db.query(
    `SELECT id, at, begun, actor, action, subject, phase, note, details FROM ops_audit
     WHERE ($1::text IS NULL OR subject = $1) AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [subject ?? null, before ?? null, limit],
  );
  return rows.map(({ id, at, begun, note, ...row }) => ({
    ...(row as { actor: string; action: string; subject: string; phase: string; details: unknown }),
    id: String(id),
    at: (at as Date).toISOString(),
    ...(begun !== null && { begun: String(begun) }),
    ...(note !== null && { note: String(note) }),
  }));
}

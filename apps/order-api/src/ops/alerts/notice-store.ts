import type { SqlTransaction } from '@orderflow/messaging/postgres';

/** Something that has to be told of an alert. */
export interface Notice {
  readonly id: string;
  readonly what: 'opened' | 'recovered';
  /** JSON: `{type, timestamp, data}`. */
  readonly body: NoticeBody;
  readonly loggedAt: Date | null;
  /** How often the webhook did not take it. */
  readonly attempts: number;
  /** How long ago it was written, in milliseconds. */
  readonly ageMs: number;
}

export interface NoticeBody {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type NoticeOutcome = 'logged' | 'delivered' | 'given-up';

/**
 * The notice that has been due for longest; undefined while none is. The end of an alert waits for its beginning, and both
 * for the end of a mute.
 */
export async function nextNotice(db: SqlTransaction): Promise<Notice | undefined> {
  const { rows } = await db.query(
    `SELECT notice.id, what, body, logged_at AS "loggedAt", attempts,
       (extract(epoch FROM now() - created_at) * 1000)::float8 AS "ageMs"
     FROM ops_notices notice JOIN ops_alerts alert ON alert.id = alert_id
     WHERE ended_at IS NULL AND due_at <= now() AND (muted_until IS NULL OR muted_until <= now())
       AND (what = 'opened' OR NOT EXISTS (
         SELECT FROM ops_notices opened
         WHERE opened.alert_id = notice.alert_id AND opened.what = 'opened' AND opened.ended_at IS NULL))
     ORDER BY due_at, notice.id LIMIT 1`,
  );
  return rows[0] as unknown as Notice | undefined;
}

export async function markLogged(db: SqlTransaction, id: string): Promise<void> {
  await db.query('UPDATE ops_notices SET logged_at = now() WHERE id = $1', [id]);
}

export async function endNotice(db: SqlTransaction, id: string, outcome: NoticeOutcome): Promise<void> {
  await db.query('UPDATE ops_notices SET ended_at = now(), outcome = $2 WHERE id = $1 AND ended_at IS NULL', [
    id,
    outcome,
  ]);
}

/** @param delayMs until it is tried again */
export async function putOff(db: SqlTransaction, id: string, error: string, delayMs: number): Promise<void> {
  await db.query(
    `UPDATE ops_notices SET attempts = attempts + 1, last_error = $2, due_at = now() + $3 * interval '1 ms'
     WHERE id = $1 AND ended_at IS NULL`,
    [id, error.slice(0, 300), delayMs],
  );
}

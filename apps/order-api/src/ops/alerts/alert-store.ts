import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { fromCursor, toCursor } from '../../orders/page-cursor.js';
import type { AlertPage, AlertView } from './alert-view.js';

interface AlertRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly queue: string;
  readonly kind: AlertView['kind'];
  readonly value: number;
  readonly threshold: number;
  readonly detail: string;
  readonly since: Date;
  readonly last_seen: Date;
  readonly recovered_at: Date | null;
  readonly notified_at: Date | null;
  readonly muted_until: Date | null;
}

/** Which alerts are meant; all when nothing is said. */
export interface AlertQuery {
  readonly state?: 'open' | 'recovered' | undefined;
  readonly queue?: string | undefined;
  /** Of an earlier page. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const columns = `id, fingerprint, queue, kind, value, threshold, detail, since, last_seen, recovered_at,
  CASE WHEN muted_until > now() THEN muted_until END AS muted_until,
  (SELECT ended_at FROM ops_notices WHERE alert_id = ops_alerts.id AND what = 'opened' AND outcome <> 'given-up')
    AS notified_at`;

/** A page of alerts, the one that began last first. */
export async function readAlerts(db: SqlTransaction, query: AlertQuery): Promise<AlertPage> {
  const { state, queue, cursor, limit } = query;
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  const { rows } = await db.query(
    `SELECT ${columns} FROM ops_alerts
     WHERE ($1::boolean IS NULL OR (recovered_at IS NULL) = $1) AND ($2::text IS NULL OR queue = $2)
       AND ($3::timestamptz IS NULL OR (since, id) < ($3, $4::uuid))
     ORDER BY since DESC, id DESC LIMIT $5`,
    [
      state === undefined ? null : state === 'open',
      queue ?? null,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit + 1,
    ],
  );
  const found = rows as unknown as AlertRow[];
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(viewOf), ...(last && { nextCursor: toCursor({ createdAt: last.since, id: last.id }) }) };
}

/** Alerts that are open, and those that ended in the last minutes: 500 at most, the one that began last first. */
export async function readRecentAlerts(db: SqlTransaction): Promise<readonly AlertView[]> {
  const { rows } = await db.query(
    `SELECT ${columns} FROM ops_alerts WHERE recovered_at IS NULL OR recovered_at > now() - interval '10 minutes'
     ORDER BY since DESC, id DESC LIMIT 500`,
  );
  return (rows as unknown as AlertRow[]).map(viewOf);
}

/** Of every open alert what it is of. */
export async function readOpenAlerts(db: SqlTransaction): Promise<readonly Pick<AlertView, 'queue' | 'kind'>[]> {
  const { rows } = await db.query('SELECT queue, kind FROM ops_alerts WHERE recovered_at IS NULL');
  return rows as unknown as Pick<AlertRow, 'queue' | 'kind'>[];
}

/**
 * Has nobody told of an alert, nor of later ones of its kind and queue, before a moment; null ends that.
 * @throws Problem 404 for one that is not known
 */
export async function muteAlert(db: SqlTransaction, id: string, until: Date | null): Promise<AlertView> {
  const { rows } = await db.query(
    `UPDATE ops_alerts SET muted_until = $2
     WHERE id = $1 OR (muted_until > now() AND fingerprint = (SELECT fingerprint FROM ops_alerts WHERE id = $1))
     RETURNING ${columns}`,
    [id, until],
  );
  const muted = rows.find((row) => row['id'] === id);
  if (muted) return viewOf(muted as unknown as AlertRow);
  throw new Problem(404, 'alert-not-found', `There is no alert ${id} here.`);
}

function viewOf(row: AlertRow): AlertView {
  const { id, fingerprint, queue, kind, value, threshold, detail } = row;
  const { recovered_at: recoveredAt, notified_at: notifiedAt, muted_until: mutedUntil } = row;
  return {
    ...{ id, fingerprint, queue, kind, value, threshold, detail },
    state: recoveredAt ? 'recovered' : 'open',
    since: row.since.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    ...(recoveredAt && { recoveredAt: recoveredAt.toISOString() }),
    ...(notifiedAt && { notifiedAt: notifiedAt.toISOString() }),
    ...(mutedUntil && { mutedUntil: mutedUntil.toISOString() }),
  };
}

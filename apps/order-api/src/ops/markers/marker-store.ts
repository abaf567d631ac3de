import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { fromCursor, toCursor } from '../../orders/page-cursor.js';
import type { MarkerPage, MarkerView } from './marker-view.js';

interface MarkerRow {
  readonly id: string;
  readonly at: Date;
  readonly title: string;
  readonly service: string | null;
  readonly version: string | null;
  readonly actor: string;
}

export interface NewMarker {
  /** Now when absent. */
  readonly at?: string | undefined;
  readonly title: string;
  readonly service?: string | undefined;
  readonly version?: string | undefined;
  readonly actor: string;
}

export async function addMarker(db: SqlTransaction, marker: NewMarker): Promise<MarkerView> {
  const { at, title, service, version, actor } = marker;
  const { rows } = await db.query(
    `INSERT INTO ops_markers (at, title, service, version, actor) VALUES (coalesce($1, now()), $2, $3, $4, $5)
     RETURNING *`,
    [at ?? null, title, service ?? null, version ?? null, actor],
  );
  return viewOf(rows[0] as unknown as MarkerRow);
}

/** Which markers are meant; all when nothing is said. */
export interface MarkerQuery {
  /** Of this moment or later. */
  readonly from?: string | undefined;
  /** Of before this moment. */
  readonly to?: string | undefined;
  readonly service?: string | undefined;
  /** Of an earlier page. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A page of markers, newest first. */
export async function readMarkers(db: SqlTransaction, query: MarkerQuery): Promise<MarkerPage> {
  const { from, to, service, cursor, limit } = query;
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  const { rows } = await db.query(
    `SELECT * FROM ops_markers
     WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2)
       AND ($3::text IS NULL OR service = $3) AND ($4::timestamptz IS NULL OR (at, id) < ($4, $5::uuid))
     ORDER BY at DESC, id DESC LIMIT $6`,
    [from ?? null, to ?? null, service ?? null, after?.createdAt ?? null, after?.id ?? null, limit + 1],
  );
  const found = rows as unknown as MarkerRow[];
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(viewOf), ...(last && { nextCursor: toCursor({ createdAt: last.at, id: last.id }) }) };
}

function viewOf({ id, at, title, service, version, actor }: MarkerRow): MarkerView {
  return {
    ...{ id, at: at.toISOString(), title },
    ...(service !== null && { service }),
    ...(version !== null && { version }),
    actor,
  };
}

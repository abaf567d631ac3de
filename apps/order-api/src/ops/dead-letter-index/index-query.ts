import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Parameters } from '../../sql/parameters.js';
import { fromCursor, type LetterFilter, type LettersQuery, toCursor } from './letter-filter.js';
import type { GroupView, LetterPage, LetterView } from './letter-view.js';

/** Above this many, letters that a filter meets are not counted: the answer would wait for it. */
const mostCounted = 10_000;

interface LetterRow {
  readonly queue: string;
  readonly place: string;
  readonly position: string;
  readonly group_id: string;
  readonly message_id: string;
  readonly type: string;
  readonly version: number;
  readonly reason: string;
  readonly detail: string;
  readonly enqueued_at: Date;
  readonly attempt: number;
  readonly generation: number;
  readonly first_failure: string | null;
  readonly correlation_id: string | null;
  readonly ordering_key: string | null;
  readonly size: string;
  readonly consumer_version: string | null;
  readonly gone_at: Date | null;
  readonly outcome: NonNullable<LetterView['gone']>['outcome'] | null;
  readonly outcome_id: string | null;
}

/** The condition that a letter of `dead_letters` is there now and meets a filter. */
export function whereOf(parameters: Parameters, queue: string, filter: LetterFilter): string {
  const equals = (column: string, value: unknown) =>
    value === undefined ? [] : [`${column} = ${parameters.add(value)}`];
  return [
    `queue = ${parameters.add(queue)}`,
    'gone_at IS NULL',
    ...equals('group_id', filter.group),
    ...equals('reason', filter.reason),
    ...equals('type', filter.type),
    ...equals('message_id', filter.messageId),
    ...equals('ordering_key', filter.orderId),
    ...equals('generation', filter.generation),
    ...(filter.from === undefined ? [] : [`enqueued_at >= ${parameters.add(filter.from)}`]),
    ...(filter.to === undefined ? [] : [`enqueued_at < ${parameters.add(filter.to)}`]),
  ].join(' AND ');
}

/** A page of the letters that are there now, by the index; the broker is not asked. */
export async function readLetters(db: SqlTransaction, queue: string, query: LettersQuery): Promise<LetterPage> {
  const { cursor, limit, ...filter } = query;
  const parameters = new Parameters();
  const where = whereOf(parameters, queue, filter);
  const behind = cursor === undefined ? '' : ` AND position > ${parameters.add(fromCursor(cursor))}`;
  const { rows } = await db.query(
    `SELECT * FROM dead_letters WHERE ${where}${behind} ORDER BY position LIMIT ${parameters.add(limit + 1)}`,
    [...parameters.values],
  );
  const shown = rows.slice(0, limit) as unknown as LetterRow[];
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: viewOfLetters(shown),
    ...(last && { nextCursor: toCursor(last.position) }),
    ...(await countLetters(db, queue, filter)),
    indexedTo: await readIndexedTo(db, queue),
  };
}

/** How many letters meet a filter. Groups know it; of other filters up to ten thousand are counted. */
async function countLetters(
  db: SqlTransaction,
  queue: string,
  filter: LetterFilter,
): Promise<Pick<LetterPage, 'total' | 'totalIs'>> {
  const { group, reason, type, ...others } = filter;
  const parameters = new Parameters();
  if (Object.values(others).every((value) => value === undefined)) {
    const equals = (column: string, value: string | undefined) =>
      value === undefined ? '' : ` AND ${column} = ${parameters.add(value)}`;
    const where = `queue = ${parameters.add(queue)}${equals('id', group)}${equals('reason', reason)}${equals('type', type)}`;
    const { rows } = await db.query(
      `SELECT coalesce(sum(present), 0) AS total FROM dead_letter_groups WHERE ${where}`,
      [...parameters.values],
    );
    return { total: Number(rows[0]?.['total']), totalIs: 'exact' };
  }
  const where = whereOf(parameters, queue, filter);
  const { rows } = await db.query(
    `SELECT count(*) AS total FROM (SELECT FROM dead_letters WHERE ${where} LIMIT ${mostCounted + 1}) AS found`,
    [...parameters.values],
  );
  const found = Number(rows[0]?.['total']);
  return found > mostCounted ? { total: mostCounted, totalIs: 'atLeast' } : { total: found, totalIs: 'exact' };
}

async function readIndexedTo(db: SqlTransaction, queue: string): Promise<string | null> {
  const { rows } = await db.query('SELECT indexed_at FROM dead_letter_queues WHERE queue = $1', [queue]);
  return (rows[0]?.['indexed_at'] as Date | undefined)?.toISOString() ?? null;
}

/** One letter, also one that is gone; undefined where the index never had one. */
export async function readLetter(db: SqlTransaction, queue: string, place: string): Promise<LetterView | undefined> {
  const { rows } = await db.query('SELECT * FROM dead_letters WHERE queue = $1 AND place = $2', [queue, place]);
  return rows[0] && viewOf(rows[0] as unknown as LetterRow);
}

/** How groups are listed. */
export type GroupOrder = 'present' | 'lastSeen' | 'firstSeen';
const orders: Readonly<Record<GroupOrder, string>> = {
  present: 'present DESC, last_seen DESC, id',
  lastSeen: 'last_seen DESC, id',
  firstSeen: 'first_seen DESC, id',
};

/** Groups with a letter that is there now: all of a queue, or of all of them. */
export async function readGroups(
  db: SqlTransaction,
  { queues, order, limit }: { readonly queues: readonly string[]; readonly order: GroupOrder; readonly limit: number },
): Promise<{ readonly items: GroupView[]; readonly total: number }> {
  const { rows } = await db.query(
    `SELECT *, count(*) OVER () AS groups FROM dead_letter_groups WHERE queue = ANY ($1::text[]) AND present > 0
     ORDER BY ${orders[order]} LIMIT $2`,
    [queues, limit],
  );
  return { items: rows.map(groupOf), total: Number(rows[0]?.['groups'] ?? 0) };
}

/** The groups that were seen last, also those with no letter any more. */
export async function readLatestGroups(
  db: SqlTransaction,
  { queues, limit }: { readonly queues: readonly string[]; readonly limit: number },
): Promise<readonly GroupView[]> {
  const { rows } = await db.query(
    'SELECT * FROM dead_letter_groups WHERE queue = ANY ($1::text[]) ORDER BY last_seen DESC, id LIMIT $2',
    [queues, limit],
  );
  return rows.map(groupOf);
}

/** One group, also one with no letter any more; undefined when there never was one. */
export async function readGroup(db: SqlTransaction, id: string): Promise<GroupView | undefined> {
  const { rows } = await db.query('SELECT * FROM dead_letter_groups WHERE id = $1', [id]);
  return rows[0] && groupOf(rows[0]);
}

function groupOf(row: Readonly<Record<string, unknown>>): GroupView {
  const { id, queue, type, reason, pattern, sample, present, total, first_seen: first, last_seen: last } = row;
  return {
    ...({ id, queue, type, reason, pattern, sample } as Record<'id' | 'queue' | 'type' | 'reason', string> & {
      readonly pattern: string;
      readonly sample: string;
    }),
    present: Number(present),
    total: Number(total),
    firstSeen: (first as Date).toISOString(),
    lastSeen: (last as Date).toISOString(),
  };
}

/** Rows of `dead_letters` as they are shown. */
export function viewOfLetters(rows: readonly object[]): LetterView[] {
  return (rows as readonly LetterRow[]).map(viewOf);
}

function viewOf(row: LetterRow): LetterView {
  const { queue, place, type, version, reason, detail, attempt, generation } = row;
  const { first_failure: firstFailure, correlation_id: correlationId, ordering_key: orderId } = row;
  return {
    ...{ queue, place, group: row.group_id, messageId: row.message_id, type, version, reason, detail },
    ...{ enqueuedAt: row.enqueued_at.toISOString(), attempt, generation },
    ...(firstFailure !== null && { firstFailure }),
    ...(correlationId !== null && { correlationId }),
    ...(orderId !== null && { orderId }),
    ...(row.consumer_version !== null && { consumerVersion: row.consumer_version }),
    size: Number(row.size),
    ...(row.gone_at && row.outcome && { gone: goneOf(row.gone_at, row.outcome, row.outcome_id) }),
  };
}

function goneOf(at: Date, outcome: NonNullable<LetterRow['outcome']>, by: string | null): LetterView['gone'] {
  return { at: at.toISOString(), outcome, ...(by !== null && { by }) };
}

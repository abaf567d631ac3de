import { randomUUID } from 'node:crypto';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { isClaimed } from '../claims.js';
import { lockQueue } from '../queue-lock.js';
import { useSelection } from '../selections/selection-store.js';
import { type ReplayRequest, sizesOf } from './replay-request.js';
import type { ReplayItems, ReplayView, StageView } from './replay-view.js';

/** Letters that may have to be locked and handed back on the way: each costs a lock, and a delivery that the broker counts. */
export const mostPassedOver = 20_000;

/** A row of `ops_replays`. */
export interface ReplayRow {
  readonly id: string;
  readonly selection_id: string;
  readonly queue: string;
  readonly target: string;
  readonly state: ReplayView['state'];
  readonly why: string | null;
  readonly stages: readonly number[];
  readonly stage: number;
  readonly rate: number | null;
  readonly stop_ratio: number;
  readonly stop_at_least: number;
  readonly confirm_ms: number;
  readonly attempts: number | null;
  readonly note: string;
  readonly created_by: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

/**
 * Makes a replay of a selection, or answers the one there is: a repeated request is one replay.
 * @throws Problem for a selection that cannot be used, that was used otherwise, or whose letters another replay has
 */
export async function createReplay(
  tx: SqlTransaction,
  request: ReplayRequest,
  { actor, targetOf }: { readonly actor: string; readonly targetOf: (queue: string) => string },
): Promise<string> {
  const { selectionId, stages, rate = null, attempts = null, stopWhen, confirmWithin, note } = request;
  const known = await replayOfSelection(tx, selectionId);
  if (known) return sameReplay(known, request);
  const { queue, count, passedOver } = await useSelection(tx, selectionId);
  const concurrent = await replayOfSelection(tx, selectionId);
  if (concurrent) return sameReplay(concurrent, request);
  if (passedOver > mostPassedOver) throw tooDeep(passedOver);
  await lockQueue(tx, queue);
  if (await isClaimed(tx, { queue, selectionId }, ['discard', 'edit'])) throw overlaps();
  const id = randomUUID();
  const sizes = sizesOf(stages, count);
  await tx.query(
    `INSERT INTO ops_replays (id, selection_id, queue, target, state, stages, rate, stop_ratio, stop_at_least, confirm_ms, note, created_by, attempts)
     VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[id, selectionId, queue, targetOf(queue), sizes, rate],
      ...[stopWhen.ratio, stopWhen.atLeast, confirmWithin * 1_000, note, actor, attempts],
    ],
  );
  await tx.query(
    `WITH ordered AS (
       SELECT row_number() OVER (ORDER BY position) AS n, place, message_id, generation
       FROM ops_selection_letters WHERE selection_id = $2),
     bounds AS (
       SELECT stage, sum(size) OVER (ORDER BY stage) AS last FROM unnest($4::int[]) WITH ORDINALITY AS s (size, stage))
     INSERT INTO ops_replay_letters (replay_id, n, stage, queue, place, message_id, generation, state)
     SELECT $1, n, (SELECT min(stage) FROM bounds WHERE last >= n), $3, place, message_id, generation, 'waiting'
     FROM ordered ORDER BY place`,
    [id, selectionId, queue, sizes],
  );
  return id;
}

/** Two letters of a queue cannot be in two replays at a time: `createReplay` rejects with this by PostgreSQL's code. */
export function isOverlap(error: unknown): boolean {
  const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
  return code === '23505' && constraint === 'ops_replay_letters_claimed';
}

export function overlaps(cause?: unknown): Problem {
  const detail =
    'A replay, a discard or an edit that has not ended has some of these letters. Wait for it, or cancel it.';
  return new Problem(409, 'replay-overlaps', detail, { cause });
}

function tooDeep(passedOver: number): Problem {
  const detail = `${passedOver} other letters would have to be locked and handed back on the way; ${mostPassedOver} may be. Select everything older than a moment instead.`;
  return new Problem(422, 'replay-too-deep', detail);
}

async function replayOfSelection(tx: SqlTransaction, selectionId: string): Promise<ReplayRow | undefined> {
  const { rows } = await tx.query('SELECT * FROM ops_replays WHERE selection_id = $1', [selectionId]);
  return rows[0] as unknown as ReplayRow | undefined;
}

function sameReplay(row: ReplayRow, request: ReplayRequest): string {
  const { rate, attempts, stopWhen, confirmWithin, note, stages } = request;
  const count = row.stages.reduce((sum, size) => sum + size, 0);
  const isSame =
    row.rate === (rate ?? null) &&
    row.attempts === (attempts ?? null) &&
    row.stop_ratio === stopWhen.ratio &&
    row.stop_at_least === stopWhen.atLeast &&
    row.confirm_ms === confirmWithin * 1_000 &&
    row.note === note &&
    row.stages.join() === sizesOf(stages, count).join();
  if (isSame) return row.id;
  throw new Problem(
    409,
    'selection-used',
    `The selection was used by replay ${row.id} with other settings. Select again.`,
  );
}

export function noReplay(id: string): Problem {
  return new Problem(404, 'replay-not-found', `There is no replay ${id} here.`);
}

/** Undefined for one that is not known. */
export async function readReplay(db: SqlTransaction, id: string): Promise<ReplayView | undefined> {
  return (await views(db, 'WHERE id = $1', [id]))[0];
}

/** The newest ones. */
export async function readReplays(db: SqlTransaction, limit: number): Promise<ReplayView[]> {
  return views(db, 'ORDER BY created_at DESC, id DESC LIMIT $1', [limit]);
}

async function views(db: SqlTransaction, which: string, values: unknown[]): Promise<ReplayView[]> {
  const { rows } = await db.query(`SELECT * FROM ops_replays ${which}`, values);
  const replays = rows as unknown as ReplayRow[];
  const { rows: counted } = await db.query(
    `SELECT replay_id, stage, state, count(*)::int AS count FROM ops_replay_letters
     WHERE replay_id = ANY ($1::uuid[]) GROUP BY 1, 2, 3`,
    [replays.map(({ id }) => id)],
  );
  const counts = new Map(
    counted.map((row) => [`${row['replay_id']} ${row['stage']} ${row['state']}`, Number(row['count'])]),
  );
  return replays.map((row) => viewOf(row, (stage, state) => counts.get(`${row.id} ${stage} ${state}`) ?? 0));
}

function viewOf(row: ReplayRow, count: (stage: number, state: string) => number): ReplayView {
  const stageOf = (letters: number, index: number): StageView => {
    const of = (state: string) => count(index + 1, state);
    return {
      ...{ stage: index + 1, letters, waiting: of('waiting'), inFlight: of('sending') + of('sent') },
      ...{ confirmed: of('confirmed'), failedAgain: of('failed-again'), unconfirmed: of('unconfirmed') },
      ...{ refused: of('refused'), missing: of('missing'), released: of('released') },
    };
  };
  return {
    ...{ id: row.id, selectionId: row.selection_id, queue: row.queue, target: row.target, state: row.state },
    ...(row.why !== null && { why: row.why }),
    ...{ stage: row.stage, stages: row.stages.map(stageOf) },
    ...(row.rate !== null && { rate: row.rate }),
    ...(row.attempts !== null && { attempts: row.attempts }),
    stopWhen: { ratio: row.stop_ratio, atLeast: row.stop_at_least },
    ...{ confirmWithin: row.confirm_ms / 1_000, note: row.note, createdBy: row.created_by },
    createdAt: row.created_at.toISOString(),
    ...(row.ended_at && { endedAt: row.ended_at.toISOString() }),
  };
}

/** A page of the letters of a replay, in their order. */
export async function readItems(
  db: SqlTransaction,
  id: string,
  {
    outcome,
    cursor,
    limit,
  }: { readonly outcome?: string | undefined; readonly cursor?: string | undefined; readonly limit: number },
): Promise<ReplayItems> {
  const { rows } = await db.query(
    `SELECT n, stage, place, message_id, state, detail, sent_at FROM ops_replay_letters
     WHERE replay_id = $1 AND n > $2 AND ($3::text IS NULL OR state = $3) ORDER BY n LIMIT $4`,
    [id, Number(cursor ?? 0), outcome ?? null, limit + 1],
  );
  const items = rows.slice(0, limit).map((row) => ({
    ...{ n: Number(row['n']), stage: Number(row['stage']), place: String(row['place']) },
    ...{ messageId: String(row['message_id']), outcome: row['state'] as ReplayItems['items'][number]['outcome'] },
    ...(row['detail'] !== null && { detail: String(row['detail']) }),
    ...(row['sent_at'] !== null && { sentAt: (row['sent_at'] as Date).toISOString() }),
  }));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { nextCursor: String(last.n) }) };
}

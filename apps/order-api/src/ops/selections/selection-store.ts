import { randomUUID } from 'node:crypto';
import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { deleteInBatches } from '@orderflow/messaging/postgres';
import { Problem, type Purge } from '@orderflow/service-kit';
import type { Pool } from 'pg';
import { Parameters } from '../../sql/parameters.js';
import { viewOfLetters, whereOf } from '../dead-letter-index/index-query.js';
import type { LetterFilter } from '../dead-letter-index/letter-filter.js';
import type { SelectionView } from './selection-view.js';

/** How long a selection can be used, in minutes. */
const lifetimeMinutes = 15;

interface SelectionRow {
  readonly id: string;
  readonly queue: string;
  readonly filter: Record<string, unknown>;
  readonly letters: string;
  readonly bytes: string;
  readonly passed_over: string;
  readonly groups: SelectionView['groups'];
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** Freezes which letters meet a filter now. `tx` sees one moment: what comes later is in no selection that was made before. */
export async function freeze(
  tx: SqlTransaction,
  { queue, filter, actor }: { readonly queue: string; readonly filter: LetterFilter; readonly actor: string },
): Promise<SelectionView> {
  const id = randomUUID();
  const parameters = new Parameters();
  const selection = parameters.add(id);
  const where = whereOf(parameters, queue, filter);
  await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await tx.query(
    `INSERT INTO ops_selections (id, queue, filter, letters, bytes, passed_over, groups, created_by, expires_at)
     VALUES ($1, $2, $3, 0, 0, 0, '[]', $4, now() + interval '${lifetimeMinutes} minutes')`,
    [id, queue, JSON.stringify(filter), actor],
  );
  await tx.query(
    `INSERT INTO ops_selection_letters (selection_id, place, position, message_id, generation)
     SELECT ${selection}, place, position, message_id, generation FROM dead_letters WHERE ${where}`,
    [...parameters.values],
  );
  await tx.query(
    `WITH chosen AS (
       SELECT group_id, size, chosen.position FROM ops_selection_letters chosen
       JOIN dead_letters USING (place) WHERE selection_id = $1 AND queue = $2
     ), grouped AS (
       SELECT group_id AS id, count(*) AS count FROM chosen GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100)
     UPDATE ops_selections SET
       letters = (SELECT count(*) FROM chosen),
       bytes = (SELECT coalesce(sum(size), 0) FROM chosen),
       passed_over = (SELECT count(*) FROM dead_letters WHERE queue = $2 AND gone_at IS NULL
         AND position <= (SELECT max(position) FROM chosen)) - (SELECT count(*) FROM chosen),
       groups = (SELECT coalesce(jsonb_agg(grouped), '[]') FROM grouped)
     WHERE id = $1`,
    [id, queue],
  );
  const found = await readSelection(tx, id);
  if (!found) throw new Error(`Selection ${id} was not stored.`);
  return found;
}

/** Undefined for one that is not known, or long expired. */
export async function readSelection(db: SqlTransaction, id: string): Promise<SelectionView | undefined> {
  const { rows } = await db.query('SELECT * FROM ops_selections WHERE id = $1', [id]);
  const row = rows[0] as unknown as SelectionRow | undefined;
  if (!row) return undefined;
  const { rows: sample } = await db.query(
    `SELECT letter.* FROM ops_selection_letters chosen JOIN dead_letters letter USING (place)
     WHERE selection_id = $1 AND queue = $2 ORDER BY chosen.position LIMIT 5`,
    [id, row.queue],
  );
  return {
    id: row.id,
    queue: row.queue,
    filter: row.filter,
    count: Number(row.letters),
    bytes: Number(row.bytes),
    passedOver: Number(row.passed_over),
    groups: row.groups,
    sample: viewOfLetters(sample),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}

export function noSelection(id: string): Problem {
  return new Problem(404, 'selection-not-found', `There is no selection ${id} here. Make one: POST /ops/selections.`);
}

/** A selection that is to be used, locked until the transaction ends. */
export interface UsableSelection {
  readonly queue: string;
  readonly count: number;
  readonly passedOver: number;
}

/**
 * Locks a selection for its use.
 * @throws Problem 404 for one that is not known, 410 for one that has expired, 422 for one that is empty
 */
export async function useSelection(tx: SqlTransaction, id: string): Promise<UsableSelection> {
  const { rows } = await tx.query(
    'SELECT *, expires_at < now() AS expired FROM ops_selections WHERE id = $1 FOR UPDATE',
    [id],
  );
  const row = rows[0] as unknown as (SelectionRow & { readonly expired: boolean }) | undefined;
  if (!row) throw noSelection(id);
  if (row.expired) {
    throw new Problem(410, 'selection-expired', `Selection ${id} has expired. Select again, and look at the count.`);
  }
  if (Number(row.letters) === 0) throw new Problem(422, 'selection-empty', `Selection ${id} has no letters.`);
  return { queue: row.queue, count: Number(row.letters), passedOver: Number(row.passed_over) };
}

/** Selections a day after they expired: what was made of them keeps its own letters. */
export function purgeOfSelections(pool: Pool): Purge {
  const statement = `DELETE FROM ops_selections WHERE id = ANY (ARRAY(
    SELECT id FROM ops_selections WHERE expires_at < now() - $2 * interval '1 day' LIMIT $1))`;
  return {
    what: 'expired selections',
    everyMs: 600_000,
    remove: () => deleteInBatches(pool, statement, [1], 10),
  };
}

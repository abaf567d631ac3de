import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pool } from 'pg';

/**
 * Runs `work` while `table` is locked by another transaction, and aborts its signal once it waits for that lock. Resolves
 * with whether `work` ended by the abort although the table is still locked.
 */
export async function endsByAbortWhileLocked(
  pool: Pool,
  table: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const controller = new AbortController();
  const reason = new Error('given up');
  const holder = await pool.connect();
  try {
    await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const ended = work(controller.signal).then(
      () => false,
      (error: unknown) => error === reason,
    );
    while (!(await somebodyWaits(pool))) await nextTurn();
    controller.abort(reason);
    return await ended;
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

async function somebodyWaits(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return (rowCount ?? 0) > 0;
}

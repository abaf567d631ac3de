import type { Pool } from 'pg';

/**
 * Repeats a statement that deletes at most `batch` rows until it finds fewer, so that no lock is held for long. Safe in
 * several processes at once where the statement is. Returns how many rows went.
 *
 * @param statement takes the size of a batch as `$1`, and `values` from `$2` on
 */
export async function deleteInBatches(
  pool: Pool,
  statement: string,
  values: readonly unknown[],
  batch = 1_000,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(statement, [batch, ...values]);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return removed;
  }
}

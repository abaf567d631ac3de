import type { SqlTransaction } from '@orderflow/messaging/postgres';

/** One who makes a replay or a discard at a time: each looks at what the others have. */
export async function lockQueue(tx: SqlTransaction, queue: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('ops ' || $1, 0))", [queue]);
}

/** One who sends letters of a queue again from their copies at a time: each looks at what the others have sent. */
export async function lockRestores(tx: SqlTransaction, queue: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('ops restores ' || $1, 0))", [queue]);
}

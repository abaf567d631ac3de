import type { TransactionAdapter } from '@orderflow/messaging/postgres';
import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';

type DrizzleTransaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0];

export const drizzleAdapter = (db: NodePgDatabase): TransactionAdapter<DrizzleTransaction> => ({
  transaction: (work) => db.transaction(work),
  async query(tx, text, values) {
    const { rows, rowCount } = await tx.execute(withParameters(text, values));
    return { rows, rowCount };
  },
});

/** Drizzle numbers parameters itself: each `$1` becomes one of its own. */
function withParameters(text: string, values: readonly unknown[]): SQL {
  const parts = text.split(/\$(\d+)/);
  return sql.join(
    parts.map((part, at) => (at % 2 === 0 ? sql.raw(part) : sql`${sql.param(values[Number(part) - 1])}`)),
  );
}

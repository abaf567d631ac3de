import type { TransactionAdapter } from '@orderflow/messaging/postgres';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';

export const kyselyAdapter = <Schema>(db: Kysely<Schema>): TransactionAdapter<Transaction<Schema>> => ({
  transaction: (work) => db.transaction().execute(work),
  async query(tx, text, values) {
    const { rows, numAffectedRows } = await tx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, values));
    return { rows, rowCount: numAffectedRows === undefined ? rows.length : Number(numAffectedRows) };
  },
});

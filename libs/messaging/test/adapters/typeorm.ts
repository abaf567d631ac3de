import type { TransactionAdapter } from '@orderflow/messaging/postgres';
import type { DataSource, EntityManager } from 'typeorm';

export const typeormAdapter = (source: DataSource): TransactionAdapter<EntityManager> => ({
  transaction: (work) => source.transaction(work),
  async query({ queryRunner }, text, values) {
    if (!queryRunner) throw new Error('This entity manager is not inside a transaction.');
    const { raw, records, affected } = await queryRunner.query(text, values, true);
    const rows = (records ?? raw) as Record<string, unknown>[];
    return { rows, rowCount: affected ?? rows.length };
  },
});

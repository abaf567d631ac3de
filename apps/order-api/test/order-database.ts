import { fileURLToPath } from 'node:url';
import { cloneDatabase } from '@orderflow/local-postgres/testing';
import { messagingSchema } from '@orderflow/messaging/postgres';
import { migrate, readMigrations } from '@orderflow/service-kit';
import pg from 'pg';

/** A migrated database of its own for one spec file. */
export interface OrderDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export const migrationsFolder = fileURLToPath(new URL('../migrations/', import.meta.url));

export async function openOrderDatabase(): Promise<OrderDatabase> {
  const { url, drop } = await cloneDatabase({ template: 'order-api', prepare: migrateAll });
  const pool = new pg.Pool({ connectionString: url });
  return {
    url,
    pool,
    close: async () => {
      await pool.end();
      await drop();
    },
  };
}

async function migrateAll(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url });
  try {
    await migrate(pool, [...messagingSchema, ...(await readMigrations(migrationsFolder))]);
  } finally {
    await pool.end();
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { cloneDatabase } from '@orderflow/local-postgres/testing';
import pg from 'pg';

/** A migrated database of its own for one spec file. */
export interface OrderDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const migrations = new URL('../migrations/', import.meta.url);

export async function openOrderDatabase(): Promise<OrderDatabase> {
  const { url, drop } = await cloneDatabase({ template: 'order-api', prepare: migrateAll });
  const pool = new pg.Pool({ connectionString: url, lock_timeout: 1_000 });
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
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const name of (await readdir(migrations)).sort())
      await client.query(await readFile(new URL(name, migrations), 'utf8'));
  } finally {
    await client.end();
  }
}

import { fileURLToPath } from 'node:url';
import { cloneDatabase } from '@orderflow/local-postgres/testing';
import { messagingSchema } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { createPool } from '../postgres/create-pool.js';
import { migrate } from '../postgres/migrate.js';
import { readMigrations } from '../postgres/migrations.js';

/** A database of its own for one spec, with inbox, outbox and a service's tables. */
export interface ServiceDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** Ends the pool and removes the database. */
  close(): Promise<void>;
}

/**
 * @param app names the template, so that an app's migrations run once for all its specs
 * @param migrations the folder of its migrations; inbox and outbox alone when absent
 */
export async function openServiceDatabase(app: string, migrations?: URL): Promise<ServiceDatabase> {
  const prepare = (url: string) => migrateService(url, migrations && fileURLToPath(migrations));
  const { url, drop } = await cloneDatabase({ template: app, prepare });
  const pool = connect(url);
  return {
    url,
    pool,
    close: async () => {
      await pool.end();
      await drop();
    },
  };
}

/** Gives an empty database inbox, outbox and the tables that the files in `folder` make. */
export async function migrateService(url: string, folder?: string): Promise<void> {
  const pool = connect(url);
  try {
    await migrate(pool, [...messagingSchema, ...(folder === undefined ? [] : await readMigrations(folder))]);
  } finally {
    await pool.end();
  }
}

function connect(url: string): Pool {
  return createPool({
    url,
    applicationName: 'spec',
    onError: () => {
      // A spec may cut its connections; the query that needs one reports it.
    },
  });
}

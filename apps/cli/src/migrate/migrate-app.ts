import { messagingSchema } from '@orderflow/messaging/postgres';
import { createPool, migrate, readMigrations } from '@orderflow/service-kit';
import { grant } from './grant.js';

/**
 * Brings an app's database up to date and answers the names of the migrations that ran.
 * @param roles who may read and write the tables, besides their owner
 */
export async function migrateApp(
  app: string,
  url: string,
  folder: string,
  roles: readonly string[] = [],
): Promise<readonly string[]> {
  const migrations = [...messagingSchema, ...(await readMigrations(folder))];
  const pool = createPool({
    url,
    applicationName: `orderflow migrate ${app}`,
    max: 1,
    // A broken connection shows in the query that uses it.
    onError: () => undefined,
  });
  try {
    const ran = await migrate(pool, migrations);
    for (const role of roles) await grant(pool, url, role);
    return ran;
  } finally {
    await pool.end();
  }
}

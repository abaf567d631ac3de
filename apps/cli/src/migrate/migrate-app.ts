import { messagingSchema } from '@orderflow/messaging/postgres';
import { createPool, migrate, readMigrations } from '@orderflow/service-kit';

/** Brings an app's database up to date and answers the names of the migrations that ran. */
export async function migrateApp(app: string, url: string, folder: string): Promise<readonly string[]> {
  const migrations = [...messagingSchema, ...(await readMigrations(folder))];
  const pool = createPool({
    url,
    applicationName: `orderflow migrate ${app}`,
    max: 1,
    // A broken connection shows in the query that uses it.
    onError: () => undefined,
  });
  try {
    return await migrate(pool, migrations);
  } finally {
    await pool.end();
  }
}

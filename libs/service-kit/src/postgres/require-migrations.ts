import { explain } from '@orderflow/messaging';
import type { Pool } from 'pg';
import { StartupError } from '../startup-error.js';
import { pendingMigrations } from './migrate.js';

/**
 * Refuses to start on a database that lacks migrations. Apps never migrate by themselves: several start at once.
 * @throws StartupError
 */
export async function requireMigrations(pool: Pool, app: string, names: readonly string[]): Promise<void> {
  const pending = await pendingMigrations(pool, names).catch((cause: unknown) => {
    throw new StartupError(`The database of ${app} cannot be used: ${explain(cause)}. Check DATABASE_URL.`, { cause });
  });
  if (pending.length === 0) return;
  throw new StartupError(
    `The database of ${app} lacks ${pending.join(', ')}. Run \`npx orderflow migrate ${app}\` and start again.`,
  );
}

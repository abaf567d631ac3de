import type { Pool, PoolClient } from 'pg';
import { checksum, type Migration } from './migrations.js';

/** Any number will do, as long as nobody else uses it: whoever migrates this database takes this lock. */
const MIGRATION_LOCK = 4_973_128;

/** A migration was changed after it ran, or the database has one that this version does not know. */
export class MigrationConflict extends Error {
  override readonly name = 'MigrationConflict';
}

/**
 * Runs the migrations that the database does not have yet, in order, each in a transaction of its own. Several callers
 * at once wait for each other. Run it before a deployment: expand first (add what the new version needs, in a way the
 * old one can live with), contract in a later release.
 * @returns the names of the migrations that ran
 * @throws MigrationConflict when a migration that ran before was changed since; nothing is run then
 */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<readonly string[]> {
  const client = await pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const missing = await findMissing(client, migrations);
    for (const migration of missing) await run(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    // Ends the session, and with it the lock and the setting.
    client.release(true);
  }
}

/** The migrations that the database does not have; changes nothing. */
export async function pendingMigrations(pool: Pool, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await pool.query<{ exists: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists",
  );
  if (!rows[0]?.exists) return names;
  const applied = await pool.query<{ name: string }>('SELECT name FROM schema_migrations');
  const known = new Set(applied.rows.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
}

async function findMissing(client: PoolClient, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  );
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  const changed = migrations.filter((each) => applied.has(each.name) && applied.get(each.name) !== checksum(each));
  if (changed.length > 0) {
    const names = changed.map(({ name }) => name).join(', ');
    throw new MigrationConflict(`Changed after they ran: ${names}. Restore them and add a new migration instead.`);
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

async function run(client: PoolClient, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
      migration.name,
      checksum(migration),
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      // The connection is gone, and the server rolls back by itself; the first error says why.
    });
    throw new Error(`Migration ${migration.name} failed: ${(error as Error).message}`, { cause: error });
  }
}

import { createPool } from '@orderflow/service-kit';
import { escapeIdentifier, type Pool } from 'pg';
import { CommandError } from '../command-error.js';

/** PostgreSQL's code for a function that does not exist. */
const UNDEFINED_FUNCTION = '42883';

/**
 * Lets a role read and write every table of a database, change none of them, and lets nobody else in. Repeat it after
 * each migration: it covers the tables that are there. A role that is missing is made where the server knows Entra ID
 * (Azure Database for PostgreSQL), as the login of the managed identity of that name.
 * @param url the database, with the right to grant
 */
export async function grant(pool: Pool, url: string, role: string): Promise<void> {
  const { rows } = await pool.query<{ database: string; exists: boolean }>(
    'SELECT current_database() AS database, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists',
    [role],
  );
  const [found] = rows;
  if (!found?.exists) await createLoginOfIdentity(url, role);
  const name = escapeIdentifier(role);
  const database = escapeIdentifier(found?.database ?? '');
  // Several statements in one query are one transaction.
  await pool.query(`
    REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${database} TO ${name};
    GRANT USAGE ON SCHEMA public TO ${name};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${name};`);
}

/** Azure has the function for it in the database `postgres` only. */
async function createLoginOfIdentity(url: string, role: string): Promise<void> {
  const administration = new URL(url);
  administration.pathname = '/postgres';
  const pool = createPool({
    url: administration.href,
    applicationName: 'orderflow migrate',
    max: 1,
    // A broken connection shows in the query that uses it.
    onError: () => undefined,
  });
  try {
    await pool.query('SELECT pgaadauth_create_principal($1, false, false)', [role]);
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_FUNCTION) throw error;
    throw new CommandError(`There is no role ${role} in this database: create it first (CREATE ROLE … LOGIN).`);
  } finally {
    await pool.end();
  }
}

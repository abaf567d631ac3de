import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import type { Pool } from 'pg';
import { StartupError } from '../startup-error.js';
import { createPool } from './create-pool.js';
import { migrate } from './migrate.js';
import { requireMigrations } from './require-migrations.js';

let database: TestDatabase;
let pool: Pool;
const books = { name: '0001-books', sql: 'CREATE TABLE books (title text)' };

beforeEach(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const onError = (error: Error) => {
    throw error;
  };
  pool = createPool({ url: database.url, applicationName: 'require-migrations.spec', onError });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

it('says which migrations are missing and how to run them', async () => {
  const start = requireMigrations(pool, 'order-api', ['0001-books']);
  await expect(start).rejects.toBeInstanceOf(StartupError);
  await expect(start).rejects.toThrow(
    'The database of order-api lacks 0001-books. Run `npx orderflow migrate order-api` and start again.',
  );
});

it('lets a service start on a database that has them all', async () => {
  await migrate(pool, [books]);
  await expect(requireMigrations(pool, 'order-api', ['0001-books'])).resolves.toBeUndefined();
});

it('says that the database cannot be reached, and where to look', async () => {
  const nowhere = createPool({ url: 'postgres://me:secret@127.0.0.1:1/books', applicationName: 'spec', onError() {} });
  const start = requireMigrations(nowhere, 'order-api', ['0001-books']);
  await expect(start).rejects.toBeInstanceOf(StartupError);
  await expect(start).rejects.toThrow(
    /^The database of order-api cannot be used: .*connect ECONNREFUSED 127\.0\.0\.1:1\. Check DATABASE_URL\.$/,
  );
  await nowhere.end();
});

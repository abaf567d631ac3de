import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import type { Pool } from 'pg';
import { createPool } from './create-pool.js';
import { migrate, MigrationConflict, pendingMigrations } from './migrate.js';
import { readMigrations } from './migrations.js';

let database: TestDatabase;
let pool: Pool;

const connect = () =>
  createPool({
    url: database.url,
    applicationName: 'migrate.spec',
    max: 4,
    onError: (error) => {
      throw error;
    },
  });

beforeEach(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  pool = connect();
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

const first = { name: '0001-books', sql: 'CREATE TABLE books (title text)' };
const second = { name: '0002-authors', sql: 'ALTER TABLE books ADD author text' };

describe('migrate', () => {
  it('runs what is missing, in order, and nothing twice', async () => {
    expect(await migrate(pool, [first])).toEqual(['0001-books']);
    expect(await migrate(pool, [first, second])).toEqual(['0002-authors']);
    expect(await migrate(pool, [first, second])).toEqual([]);
    await pool.query("INSERT INTO books (title, author) VALUES ('Emma', 'Austen')");
  });

  it('lets several callers at once run each migration once', async () => {
    const ran = await Promise.all([1, 2, 3].map(() => migrate(pool, [first, second])));
    expect(ran.flat().sort()).toEqual(['0001-books', '0002-authors']);
  });

  it('leaves nothing of a migration that failed, and keeps the ones before it', async () => {
    const broken = { name: '0002-broken', sql: 'CREATE TABLE half (); SELECT nonsense' };
    await expect(migrate(pool, [first, broken])).rejects.toThrow(
      'Migration 0002-broken failed: column "nonsense" does not exist',
    );
    expect((await pool.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
    expect(await migrate(pool, [first, second])).toEqual(['0002-authors']);
  });

  it('refuses a migration that was changed after it ran', async () => {
    await migrate(pool, [first]);
    const changed = migrate(pool, [{ ...first, sql: 'CREATE TABLE books (id int)' }, second]);
    await expect(changed).rejects.toBeInstanceOf(MigrationConflict);
    expect(await pendingMigrations(pool, ['0001-books', '0002-authors'])).toEqual(['0002-authors']);
  });

  it('knows what is pending in a database that has nothing yet', async () => {
    expect(await pendingMigrations(pool, ['0001-books'])).toEqual(['0001-books']);
  });
});

describe('readMigrations', () => {
  it('reads a folder in order, and refuses names that would not sort', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    try {
      await writeFile(join(folder, '0002-b.sql'), 'two');
      await writeFile(join(folder, '0001-a.sql'), 'one');
      await writeFile(join(folder, 'notes.txt'), '');
      expect(await readMigrations(folder)).toEqual([
        { name: '0001-a', sql: 'one' },
        { name: '0002-b', sql: 'two' },
      ]);
      await writeFile(join(folder, '3-late.sql'), 'three');
      await expect(readMigrations(folder)).rejects.toThrow('must be named like 0001-orders.sql: 3-late.sql');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('createPool', () => {
  it('survives a connection that breaks while somebody has it who does not listen', async () => {
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const over = new Promise<void>((resolve) => void client.once('end', resolve));
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await over;
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('outlives an idle connection that breaks', async () => {
    let broken = (_: Error) => {};
    const breakage = new Promise<Error>((resolve) => {
      broken = resolve;
    });
    const watched = createPool({
      url: database.url,
      applicationName: 'broken.spec',
      onError: (error) => broken(error),
    });
    await watched.query('SELECT 1');
    await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'broken.spec'");
    expect((await breakage).message).toContain('terminating connection');
    expect((await watched.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await watched.end();
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import { Client } from 'pg';
import { migrateApp } from './migrate-app.js';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  folder = await mkdtemp(join(tmpdir(), 'orderflow-grant-'));
  await writeFile(
    join(folder, '0001-books.sql'),
    'CREATE TABLE books (id bigint GENERATED ALWAYS AS IDENTITY, title text)',
  );
  await query(
    database.url,
    `CREATE ROLE "books-app" LOGIN PASSWORD 'books'; CREATE ROLE stranger LOGIN PASSWORD 'stranger'`,
  );
});

afterAll(async () => {
  await database.drop();
  await query(withDatabase(database.url, 'postgres'), 'DROP ROLE "books-app"; DROP ROLE stranger');
  await rm(folder, { recursive: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

const as = (username: string, password: string) => Object.assign(new URL(database.url), { username, password }).href;

describe('migrate --grant-to', () => {
  it('lets the role work with the tables, not change them, and nobody else in', async () => {
    expect(await query(as('stranger', 'stranger'), 'SELECT 1')).toHaveLength(1);
    await migrateApp('order-api', database.url, folder, ['books-app']);
    const app = as('books-app', 'books');
    await query(app, "INSERT INTO books (title) VALUES ('Emma')");
    await query(app, "UPDATE books SET title = 'Persuasion'");
    expect(await query(app, 'SELECT title FROM books')).toEqual([{ title: 'Persuasion' }]);
    await expect(query(app, 'ALTER TABLE books ADD author text')).rejects.toThrow('must be owner');
    await expect(query(app, 'CREATE TABLE more ()')).rejects.toThrow('permission denied');
    await expect(query(as('stranger', 'stranger'), 'SELECT 1')).rejects.toThrow('permission denied for database');
  });

  it('covers the tables of a later migration when it runs again', async () => {
    await writeFile(join(folder, '0002-authors.sql'), 'CREATE TABLE authors (name text)');
    expect(await migrateApp('order-api', database.url, folder, ['books-app'])).toEqual(['0002-authors']);
    expect(await query(as('books-app', 'books'), 'SELECT * FROM authors')).toEqual([]);
  });

  it('says which role is missing where none can be made', async () => {
    await expect(migrateApp('order-api', database.url, folder, ['nobody'])).rejects.toThrow('There is no role nobody');
  });
});

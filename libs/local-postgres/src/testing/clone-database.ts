import { randomUUID } from 'node:crypto';
import { createDatabase, dropDatabase, withConnection } from '../administration.js';
import { SERVER_VARIABLE } from './server-variable.js';

export interface CloneDatabaseOptions {
  /** Names the template within one Jest run, e.g. the app whose migrations it holds. */
  readonly template: string;
  /** Fills the template, once a run: runs the migrations on the empty database at `url`. */
  readonly prepare: (url: string) => Promise<void>;
}

/** A database of its own for one spec file. */
export interface TestDatabase {
  readonly url: string;
  /** Ends its connections and removes it. Call it in `afterAll`. */
  drop(): Promise<void>;
}

/**
 * Copies the template into a fresh database, after the first caller of the run has filled it; the others wait. A copy
 * takes tens of milliseconds however many migrations there are.
 *
 * @throws Error when the Jest project has no `globalSetup` from `@orderflow/local-postgres/testing`.
 */
export async function cloneDatabase(options: CloneDatabaseOptions): Promise<TestDatabase> {
  const server = process.env[SERVER_VARIABLE];
  if (server === undefined) {
    throw new Error(
      'No PostgreSQL for tests: set globalSetup and globalTeardown in jest.config.mjs ' +
        'as @orderflow/local-postgres/testing describes.',
    );
  }
  const template = `template_${options.template}`;
  await ensureTemplate(server, template, options.prepare);
  const name = `test_${randomUUID()}`;
  await createDatabase(server, name, { template });
  return { url: databaseUrl(server, name), drop: () => dropDatabase(server, name) };
}

async function ensureTemplate(server: string, name: string, prepare: CloneDatabaseOptions['prepare']): Promise<void> {
  await withConnection(server, async (client) => {
    // Jest runs spec files in processes of their own: the lock makes one of them the first.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount !== 0) return;
    const unfinished = `${name}_unfinished`;
    await dropDatabase(server, unfinished);
    await createDatabase(server, unfinished);
    await prepare(databaseUrl(server, unfinished));
    await client.query(`ALTER DATABASE "${unfinished}" RENAME TO "${name}"`);
  });
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

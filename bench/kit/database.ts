import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '@orderflow/local-postgres';
import pg from 'pg';

/** A PostgreSQL server of a benchmark's own, where a commit is on the disk before it is answered. */
export interface BenchDatabase {
  /** The process that all others of the server descend from. */
  readonly pid: number;
  url(database: string): string;
  /** A pool that is ended by {@link stop}. */
  pool(database: string, options?: pg.PoolConfig): pg.Pool;
  /** The only value of the only row. */
  number(database: string, text: string, values?: readonly unknown[]): Promise<number>;
  stop(): Promise<void>;
}

/** @throws Error when commits would not be synchronous: such figures mean nothing */
export async function startDatabase(databases: readonly string[]): Promise<BenchDatabase> {
  const server = await startPostgres({ databases, durable: true });
  const pools: pg.Pool[] = [];
  const pool = (database: string, options: pg.PoolConfig = {}): pg.Pool => {
    const made = new pg.Pool({ connectionString: server.url(database), max: 1, ...options });
    // Cut when the server stops.
    made.on('error', () => undefined);
    pools.push(made);
    return made;
  };
  const own = new Map(databases.map((database) => [database, pool(database)]));
  const ask = async (database: string, text: string, values: readonly unknown[] = []): Promise<unknown> => {
    const { rows } = (await own.get(database)?.query(text, [...values])) ?? { rows: [] };
    return Object.values(rows[0] as Record<string, unknown>)[0];
  };
  const [first = ''] = databases;
  for (const setting of ['fsync', 'synchronous_commit']) {
    const value = await ask(first, `SHOW ${setting}`);
    if (value !== 'on') throw new Error(`${setting} is ${String(value)}: the figures would mean nothing.`);
  }
  return {
    pid: await postmasterIn(server.dataDir),
    url: (database) => server.url(database),
    pool,
    number: async (database, text, values) => Number(await ask(database, text, values)),
    async stop() {
      for (const each of pools) await each.end();
      await server.stop();
    },
  };
}

async function postmasterIn(dataDirectory: string): Promise<number> {
  const [pid] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

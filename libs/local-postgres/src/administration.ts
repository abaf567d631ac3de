import pg from 'pg';

export interface CreateDatabaseOptions {
  /** The database to copy; PostgreSQL's own empty template when absent. */
  readonly template?: string;
}

/** Runs `work` on a connection of its own and closes it. */
export async function withConnection<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  // Without a listener the end of an idle connection would end the process; queries report it themselves.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function createDatabase(url: string, name: string, options: CreateDatabaseOptions = {}): Promise<void> {
  const template = options.template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(options.template)}`;
  await withConnection(url, (client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}${template}`));
}

export async function createMissingDatabases(url: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await withConnection(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    const present = new Set(rows.map((row) => row.datname));
    for (const name of names) {
      if (!present.has(name)) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    }
  });
}

export async function dropDatabase(url: string, name: string): Promise<void> {
  await withConnection(url, async (client) => {
    const drop = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`;
    // Without force the server waits a few seconds for connections that are closing; with it they would get an error.
    await client.query(drop).catch(async (error: { readonly code?: string }) => {
      if (error.code !== OBJECT_IN_USE) throw error;
      await client.query(`${drop} WITH (FORCE)`);
    });
  });
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OBJECT_IN_USE = '55006';

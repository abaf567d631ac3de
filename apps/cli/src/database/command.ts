import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect, port } from '../options.js';

interface PostgresFlags {
  readonly port: number;
  readonly data: string;
  readonly database: readonly string[];
}

export function addPostgresCommand(program: Command, { workspace }: CommandContext): void {
  program
    .command('postgres')
    .description('run the embedded PostgreSQL alone')
    .option('--port <port>', 'where it listens on 127.0.0.1; 0 chooses', port, 0)
    .option('--data <directory>', 'where the data is kept', join(workspace.state, 'postgres'))
    .option('--database <name>', 'a database to create unless it exists (repeatable)', databaseNames, [])
    .addHelpText('after', help)
    .action(async ({ data, ...rest }: PostgresFlags) => {
      const { runPostgres } = await import('./run-postgres.js');
      await runPostgres({ port: rest.port, dataDir: data, databases: rest.database });
    });
}

/** PostgreSQL cuts longer names off (https://www.postgresql.org/docs/18/sql-syntax-lexical.html), and finds none then. */
const longestName = 63;

function databaseNames(written: string, before: readonly string[]): readonly string[] {
  const bytes = Buffer.byteLength(written);
  if (bytes >= 1 && bytes <= longestName && !written.includes('\0')) return collect(written, before);
  throw new InvalidArgumentError(`It must have 1 to ${longestName} bytes.`);
}

const help = `
Prints a URL with the password for each database, or for PostgreSQL's own one, postgres.

Example:
  $ orderflow postgres --port 54321 --data /tmp/postgres --database shop`;

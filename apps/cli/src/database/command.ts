import { join } from 'node:path';
import type { Command } from 'commander';
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
    .option('--port <port>', 'where it listens on 127.0.0.1; another one when it is taken', port, 0)
    .option('--data <directory>', 'where the data is kept', join(workspace.state, 'postgres'))
    .option('--database <name>', 'a database to create unless it exists (repeatable)', collect, [])
    .addHelpText('after', '\nExample:\n  $ orderflow postgres --port 54321 --data /tmp/postgres --database shop')
    .action(async ({ data, ...rest }: PostgresFlags) => {
      const { runPostgres } = await import('./run-postgres.js');
      await runPostgres({ port: rest.port, dataDir: data, databases: rest.database });
    });
}

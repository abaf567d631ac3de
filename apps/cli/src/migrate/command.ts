import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../command-error.js';
import { collect } from '../options.js';
import { migrateCommand } from './migrate-command.js';

interface MigrateFlags {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly grantTo?: readonly string[];
}

export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .argument('[app]', 'order-api, order-worker, billing-worker or analytics-worker')
    .description("bring an app's database up to date")
    .option('--all', 'every app of the running system')
    .option('--grant-to <role>', 'let a role read and write its tables; may be repeated', collect)
    .option('--json', 'answer as JSON')
    .addHelpText('after', help)
    .action(async (app: string | undefined, flags: MigrateFlags) => {
      if ((app === undefined) === (flags.all !== true)) throw new UsageError('Say which app to migrate, or --all.');
      if (flags.all === true && flags.grantTo) {
        throw new UsageError('--grant-to goes with one app: each has a role of its own.');
      }
      await migrateCommand(context, app, { json: flags.json === true, roles: flags.grantTo ?? [] });
    });
}

const help = `
The database is DATABASE_URL, what the file DATABASE_URL_FILE holds, or the app's one of the running system. Migrations run once each, in order;
several callers at once wait for each other. MIGRATIONS_DIR names another folder than apps/APP/migrations.
--grant-to takes the right to connect from everybody else; on Azure it makes the role for the identity of that name.

Examples:
  $ orderflow migrate --all
  $ DATABASE_URL=postgres://user:secret@host/orders orderflow migrate order-api`;

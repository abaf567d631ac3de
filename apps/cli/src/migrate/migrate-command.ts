import { secretsOfFiles } from '@orderflow/service-kit/secrets-of-files';
import type { CommandContext } from '../command-context.js';
import { CommandError, UsageError } from '../command-error.js';
import { readRuntime } from '../runtime-file.js';
import { databaseApps } from '../services.js';
import { migrationFolder } from './migration-folders.js';

export interface MigrateOptions {
  readonly json: boolean;
  /** Who may read and write the tables, besides their owner. */
  readonly roles: readonly string[];
}

/** Migrates one app, or all of the running system, and says what ran. */
export async function migrateCommand(
  context: CommandContext,
  app: string | undefined,
  { json, roles }: MigrateOptions,
): Promise<void> {
  const { migrateApp } = await import('./migrate-app.js');
  const results: Record<string, readonly string[]> = {};
  for (const { name, url } of targets(context, app)) {
    const folder = migrationFolder(name, context.workspace, context.environment);
    const ran = await migrateApp(name, url, folder, roles);
    results[name] = ran;
    if (!json) console.log(ran.length === 0 ? `${name}: up to date` : `${name}: ${ran.join(', ')}`);
  }
  if (json) console.log(JSON.stringify(results));
}

interface Target {
  readonly name: string;
  readonly url: string;
}

function targets({ workspace, environment }: CommandContext, app: string | undefined): Target[] {
  const names = databaseApps.map(({ name }) => name);
  if (app !== undefined && !names.includes(app)) {
    throw new UsageError(`${app} has no database: it is one of ${names.join(', ')}.`);
  }
  const given = namedDatabase(environment);
  if (given && app === undefined) {
    throw new UsageError('DATABASE_URL is one database: say which app it belongs to instead of --all.');
  }
  if (given && app !== undefined) return [{ name: app, url: given }];
  const runtime = readRuntime(workspace.runtimeFile);
  return (app === undefined ? names : [app]).map((name) => {
    const url = runtime?.databases[name];
    if (url === undefined) {
      throw new CommandError(`No database for ${name}: set DATABASE_URL, or start the system with npm start.`);
    }
    return { name, url };
  });
}

/** The database that the environment names, by itself or by a file that holds it. */
function namedDatabase(environment: NodeJS.ProcessEnv): string | undefined {
  const { found, problems } = secretsOfFiles(environment, ['DATABASE_URL']);
  if (problems.length > 0) throw new UsageError(problems.join(' '));
  return found['DATABASE_URL'] ?? environment['DATABASE_URL'];
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.js';
import type { Workspace } from '../workspace.js';

/**
 * The folder of an app's migrations: `MIGRATIONS_DIR/APP` when that is set, `migrations/APP` beside the bundle (in an
 * image), or `apps/APP/migrations` in a checkout. Throws a {@link CommandError} when there is none.
 */
export function migrationFolder(app: string, workspace: Workspace, environment: NodeJS.ProcessEnv): string {
  const given = environment['MIGRATIONS_DIR'];
  const candidates = given
    ? [join(given, app), given]
    : [join(workspace.bundles, 'migrations', app), join(workspace.root, 'apps', app, 'migrations')];
  const found = candidates.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new CommandError(
      `No migrations of ${app} in ${candidates.join(' or ')}: set MIGRATIONS_DIR to their folder.`,
    );
  }
  return found;
}

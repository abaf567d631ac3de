import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { readIfPresent } from './postmaster.js';

interface ClusterOptions {
  readonly dataDir: string;
  readonly user: string;
  /** Whether the new files are forced to disk. */
  readonly durable: boolean;
}

const passwordFile = (dataDir: string): string => join(dataDir, 'password');

/**
 * Creates the data directory unless it exists. It is made beside its place and moved there when complete, so that a
 * process that dies half-way leaves nothing that looks like a data directory.
 *
 * Connections need a password, generated here and kept in the directory, readable by its owner only: on a machine
 * that several people share, "trust" on the loopback would make each of them its superuser.
 *
 * @throws Error when the directory belongs to another major version, or holds something else.
 */
export async function ensureCluster(binaries: Binaries, account: Account, options: ClusterOptions): Promise<void> {
  const { dataDir } = options;
  const version = (await readIfPresent(join(dataDir, 'PG_VERSION')))?.trim();
  if (version === binaries.majorVersion) return;
  if (version !== undefined) {
    throw new Error(
      `The data in ${dataDir} was written by PostgreSQL ${version} and cannot be opened by ${binaries.majorVersion}. ` +
        'Dump it with the old version, or remove the directory to begin anew.',
    );
  }
  const unfinished = `${dataDir}.${process.pid}.new`;
  await mkdir(dirname(dataDir), { recursive: true });
  await rm(unfinished, { recursive: true, force: true });
  try {
    await initialise(binaries, account, unfinished, options);
    await rename(unfinished, dataDir);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(dataDir)) throw error;
    throw new Error(`${dataDir} exists and is not a PostgreSQL data directory: give another one, or remove it.`, {
      cause: error,
    });
  }
}

async function initialise(binaries: Binaries, account: Account, directory: string, options: ClusterOptions) {
  await mkdir(directory, { mode: 0o700 });
  account.own(directory);
  // initdb insists on an empty directory, so the password goes in afterwards and is first handed over beside it.
  const password = randomBytes(18).toString('base64url');
  const handover = `${directory}.password`;
  try {
    await writeFile(handover, password, { mode: 0o600 });
    account.own(handover);
    await account.run(binaries.initdb, [
      `--pgdata=${directory}`,
      `--username=${options.user}`,
      `--pwfile=${handover}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ]);
    await rename(handover, passwordFile(directory));
  } finally {
    await rm(handover, { force: true });
  }
}

/** The password of the superuser that {@link ensureCluster} created. */
export async function readPassword(dataDir: string): Promise<string> {
  return (await readFile(passwordFile(dataDir), 'utf8')).trim();
}

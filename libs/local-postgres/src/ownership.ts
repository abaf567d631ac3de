import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, readIfPresent } from './postmaster.js';

const file = (dataDir: string): string => join(dataDir, 'started-by.pid');

/** Records which process looks after the server, so that the next one can tell a server in use from an orphan. */
export async function recordOwner(dataDir: string): Promise<void> {
  await writeFile(file(dataDir), `${process.pid}\n`, { mode: 0o600 });
}

/** The process that looks after the server of this data directory, when it is alive. */
export async function liveOwner(dataDir: string): Promise<number | undefined> {
  const pid = Number(await readIfPresent(file(dataDir)));
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
}

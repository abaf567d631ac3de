import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveOwner } from '../ownership.js';
import { findRunning } from '../postmaster.js';
import { TEMPORARY_PREFIX } from '../start-postgres.js';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Ends temporary servers whose test run was killed, and removes their files: otherwise every interrupted run would
 * leave a server on the machine for ever.
 */
export async function removeAbandonedServers(): Promise<void> {
  const homes = (await readdir(tmpdir())).filter((name) => name.startsWith(TEMPORARY_PREFIX));
  for (const home of homes) await removeIfAbandoned(join(tmpdir(), home));
}

async function removeIfAbandoned(home: string): Promise<void> {
  const dataDir = join(home, 'data');
  const running = await findRunning(dataDir);
  // No server: it may be about to start. A server without a living owner: nobody will stop it any more.
  if (running === undefined || (await liveOwner(dataDir)) !== undefined) return;
  process.kill(running.pid, 'SIGINT');
  // Not asked for its id alone, which a process keeps until somebody collects its exit code.
  while ((await findRunning(dataDir)) !== undefined) await pause(20);
  await rm(home, { recursive: true, force: true });
}

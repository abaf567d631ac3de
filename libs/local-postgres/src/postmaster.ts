import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * What a running server writes about itself into its data directory
 * (https://www.postgresql.org/docs/18/storage-file-layout.html).
 */
interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`; undefined when there is none or it is not complete yet. */
export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readIfPresent(join(dataDir, 'postmaster.pid'));
  const lines = text?.split('\n').map((line) => line.trim()) ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7] === 'ready' };
}

/**
 * The server that runs on a data directory now. A file left by a crash differs from a live server by the program of
 * the process it names, because process ids are used again after a reboot.
 */
export async function findRunning(dataDir: string): Promise<Postmaster | undefined> {
  const postmaster = await readPostmaster(dataDir);
  if (postmaster === undefined || !isAlive(postmaster.pid)) return undefined;
  const program = await programOf(postmaster.pid);
  return /^postgres(\.exe)?$/.test(program) ? postmaster : undefined;
}

export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: a file in /proc whose process ended while it was read.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whether a process with this id exists, also one that belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The name of the program that a process runs, empty when it is gone. */
async function programOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return basename((await readIfPresent(`/proc/${pid}/cmdline`))?.split('\0')[0] ?? '');
  }
  const [file, args] =
    process.platform === 'win32'
      ? (['tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']] as const)
      : (['ps', ['-p', String(pid), '-o', 'comm=']] as const);
  try {
    // The first field of the CSV is "postgres.exe"; `comm` is the path of the program.
    const { stdout } = await execute(file, args);
    return basename(stdout.trim().split(',')[0]?.replaceAll('"', '') ?? '');
  } catch {
    // `ps` exits with 1 when the process has ended in between.
    return '';
  }
}

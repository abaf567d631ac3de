import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CommandError } from '../command-error.js';

/** Holds a state directory for one supervisor at a time. */
export interface StateLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same id; empty where the system does not say. */
  readonly startedAt: string;
}

/**
 * Takes the lock file `path`. One that a killed supervisor left behind is recognised and replaced. Throws a
 * {@link CommandError} when a live supervisor holds it.
 */
export function takeStateLock(path: string): StateLock {
  const own: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(own)}\n`);
  try {
    while (!tryLink(draft, path)) removeIfLeftBehind(path);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (readHolder(path)?.pid === own.pid) rmSync(path, { force: true });
    },
  };
}

/** A link appears with its content or not at all, so nobody ever reads half a lock. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfLeftBehind(path: string): void {
  const holder = readHolder(path);
  if (holder !== undefined && isRunning(holder)) {
    throw new CommandError(
      `OrderFlow is running already (process ${holder.pid}); stop it first, for example with: kill ${holder.pid}`,
    );
  }
  const aside = `${path}.${process.pid}.old`;
  try {
    // Of two that see the same leftover, one moves it; the other may move the winner's lock, and gives it back.
    renameSync(path, aside);
    const moved = readHolder(aside);
    if (moved !== undefined && isRunning(moved)) tryLink(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isRunning({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(pid) === startedAt;
}

/** When a process started, in the system's ticks: field 22 of /proc/PID/stat (proc_pid_stat(5)). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // Not Linux, or the process has ended in between.
    return '';
  }
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, distinguishable from a later one that has the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; empty where the system does not say. */
  readonly startedAt: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: lookUp(pid)?.startedAt ?? '' };
}

/** Whether exactly this process still runs. One that has ended and was not waited for by its parent does not. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  if (!exists(pid)) return false;
  const found = lookUp(pid);
  return found === undefined ? startedAt === '' : found.startedAt === startedAt && !found.hasEnded;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface Found {
  readonly startedAt: string;
  /** A zombie. */
  readonly hasEnded: boolean;
}

/** Undefined when there is no such process, or the system does not say when it started. */
function lookUp(pid: number): Found | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    return process.platform === 'linux' ? readStat(pid) : askPs(pid);
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}

/** Fields 3 (state) and 22 (start in ticks since boot) of proc_pid_stat(5); the name in field 2 may contain anything. */
function readStat(pid: number): Found {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { startedAt: fields[19] ?? '', hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
}

function askPs(pid: number): Found {
  const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } } as const;
  const [state = '', ...startedAt] = execFileSync('ps', ['-p', String(pid), '-o', 'stat=,lstart='], options)
    .trim()
    .split(/\s+/);
  return { startedAt: startedAt.join(' '), hasEnded: state.startsWith('Z') };
}

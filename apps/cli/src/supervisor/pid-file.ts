import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { identityOf, type ProcessIdentity } from '../process-identity.js';

/** A process that a pid file names. */
export interface NamedProcess extends ProcessIdentity {
  readonly name: string;
}

const suffix = '.pid';

/** The pid file of a process in a directory. */
export function pidFileOf(directory: string, name: string): string {
  return join(directory, `${name}${suffix}`);
}

/** Writes down a process that has just been started. The file appears with its content or not at all. */
export function writePidFile(path: string, pid: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  writeFileSync(draft, `${JSON.stringify(identityOf(pid))}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** The processes that the pid files of a directory name, whether they run or not. */
export function readPidFiles(directory: string): NamedProcess[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(suffix))
    .map((name) => ({ name: basename(name, suffix), ...readIdentity(join(directory, name)) }));
}

function readIdentity(path: string): ProcessIdentity {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch (error) {
    // A power cut may have left the name without the content; whoever it named has ended with it.
    if (error instanceof SyntaxError) return { pid: 0, startedAt: '' };
    throw error;
  }
}

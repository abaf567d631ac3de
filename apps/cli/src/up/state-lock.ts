import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CommandError } from '../command-error.js';
import { identityOf, isRunning, type ProcessIdentity } from '../process-identity.js';

/** Holds a state directory for one supervisor at a time. */
export interface StateLock {
  release(): void;
}

/**
 * Takes the lock file `path`. One that a killed supervisor left behind is recognised and replaced. Throws a
 * {@link CommandError} when a live supervisor holds it.
 *
 * @param explain the message about the process that holds it
 */
export function takeStateLock(path: string, explain: (holder: number) => string): StateLock {
  const own = identityOf(process.pid);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(own)}\n`, { mode: 0o600 });
  try {
    while (!tryLink(draft, path)) {
      const holder = removeIfLeftBehind(path);
      if (holder !== undefined) throw new CommandError(explain(holder));
    }
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

/** Who holds the lock; undefined when nobody does, and it is gone. */
function removeIfLeftBehind(path: string): number | undefined {
  const holder = readHolder(path);
  if (holder !== undefined && isRunning(holder)) return holder.pid;
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
  return undefined;
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

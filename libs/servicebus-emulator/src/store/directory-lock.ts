import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreLockedError } from './errors.js';

/*
 * Locks are numbered, and the highest number counts. A lock is taken by making the next number, which only one process
 * can; it is made complete (by linking a finished file), and never deleted before a higher one exists. So two processes
 * that find the same dead holder cannot both replace it.
 */
const LOCK = /^lock-(\d+)$/;

/** Who holds a lock; `startedAt` tells a process from a later one with the same id. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string | undefined;
  readonly released: boolean;
}

/** Keeps a directory to one process, until it is released or the process ends in whatever way. */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the directory. The lock of a process that is no more is replaced.
   * @throws StoreLockedError when a living process holds it
   */
  static async take(directory: string): Promise<DirectoryLock> {
    for (;;) {
      const last = await highestLock(directory);
      if (last > 0) {
        const holder = await readHolder(lockPath(directory, last));
        if (holder !== undefined && !holder.released && isAlive(holder)) {
          throw new StoreLockedError(directory, holder.pid);
        }
      }
      if ((await create(directory, last + 1)) && (await highestLock(directory)) === last + 1) {
        await removeBelow(directory, last + 1);
        return new DirectoryLock(lockPath(directory, last + 1));
      }
    }
  }

  /** Gives the directory back. */
  async release(): Promise<void> {
    try {
      await writeFile(this.#path, describe({ ...thisProcess(), released: true }), { flag: 'r+' });
    } catch (error) {
      // The directory was deleted, and the lock with it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
  }
}

async function highestLock(directory: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(directory)));
}

async function lockNumbers(directory: string): Promise<number[]> {
  return (await readdir(directory)).flatMap((name) => {
    const [, digits] = LOCK.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function lockPath(directory: string, number: number): string {
  return join(directory, `lock-${number}`);
}

/** Answers false when another process was first. */
async function create(directory: string, number: number): Promise<boolean> {
  const draft = join(directory, `lock.${randomUUID()}.draft`);
  await writeFile(draft, describe({ ...thisProcess(), released: false }));
  try {
    await link(draft, lockPath(directory, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function removeBelow(directory: string, number: number): Promise<void> {
  for (const lower of await lockNumbers(directory)) {
    if (lower < number) {
      await unlink(lockPath(directory, lower));
    }
  }
}

function describe(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** The holder, or undefined when the lock has just been replaced or is not readable as one. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function thisProcess(): Omit<Holder, 'released'> {
  return { pid: process.pid, startedAt: startOf(process.pid) };
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: alive, and someone else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startedAt === undefined || startOf(pid) === undefined || startOf(pid) === startedAt;
}

/** When a process started, in the kernel's own count; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the start is the 20th field behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

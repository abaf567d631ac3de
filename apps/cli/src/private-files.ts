import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from './command-error.js';

/** The permissions of everybody but the owner. */
const others = 0o077;
/** In a directory with this bit, for example /tmp, everybody keeps files. */
const sticky = 0o1000;
/** Windows has no modes: there a profile's folders are its owner's by inheritance. */
const hasModes = process.platform !== 'win32';

/** From now on what this process and its children create is readable by its owner only. */
export function keepNewFilesPrivate(): void {
  if (hasModes) process.umask(others);
}

/**
 * Makes a directory that only its owner can look into, or takes the permissions of all others from one that is there.
 * Answers the paths where that was not possible.
 *
 * @throws CommandError when the directory is shared by design
 */
export function makePrivateDirectory(path: string): readonly string[] {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!hasModes) return [];
  const { mode } = statSync(path);
  if ((mode & sticky) !== 0) throw new CommandError(`${path} is shared by everybody: name a directory of its own.`);
  return takeFromOthers(path, mode) ? [] : [path];
}

/**
 * Takes the permissions of all but the owner from files and from directories with all they contain. Answers the paths
 * where that was not possible: they are somebody else's, or their file system has no modes.
 */
export function makePrivate(paths: readonly string[]): readonly string[] {
  return hasModes ? paths.flatMap(makePathPrivate) : [];
}

/** The message when not everything could be made private; undefined when it could. */
export function describeReadable(paths: readonly string[]): string | undefined {
  const [first] = paths;
  if (first === undefined) return undefined;
  const more = paths.length === 1 ? '' : ` and ${paths.length - 1} more`;
  return `Others can read ${first}${more}, and that cannot be changed: only its owner can, on a file system with modes.`;
}

function makePathPrivate(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return [];
  const kept = takeFromOthers(path, found.mode) ? [] : [path];
  return found.isDirectory() ? [...kept, ...makePrivate(readdirSync(path).map((name) => join(path, name)))] : kept;
}

/** Whether others have no permissions now. */
function takeFromOthers(path: string, mode: number): boolean {
  if ((mode & others) === 0) return true;
  try {
    chmodSync(path, mode & 0o7777 & ~others);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A temporary file that has gone meanwhile.
    if (code === 'ENOENT') return true;
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EROFS'].includes(code)) return false;
    throw error;
  }
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.js';
import { makePrivate, makePrivateDirectory } from '../private-files.js';

/** What a broker keeps in its data directory. */
const ours = /^(journal|snapshot|synced|lock|reserve)([-.]|$)/;

/**
 * Makes the data directory of a broker, or takes the permissions of all but the owner from one that is there, and from
 * the broker's files in it. Answers the paths where that was not possible.
 *
 * @throws CommandError when the directory holds other things only, or is shared by design
 */
export function prepareDataDirectory(path: string): readonly string[] {
  const names = readNames(path);
  const files = names.filter((name) => ours.test(name));
  if (names.length > 0 && files.length === 0) {
    throw new CommandError(`${path} holds other things than messages: name a directory of its own with --data.`);
  }
  return [...makePrivateDirectory(path), ...makePrivate(files.map((name) => join(path, name)))];
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new CommandError(`Messages cannot be kept in ${path}: ${message}.`, { cause: error });
  }
}

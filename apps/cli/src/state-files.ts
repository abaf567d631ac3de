import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate, makePrivateDirectory } from './private-files.js';

/** What OrderFlow keeps in its state directory; also with a suffix, as drafts and rotated logs have. */
const ours = [
  'postgres',
  'broker',
  'rabbitmq',
  'gateway',
  'logs',
  'run',
  'load',
  'compile-cache',
  'runtime',
  'supervisor',
  'ops-export-key',
];

/**
 * Takes the permissions of all but the owner from what is in a state directory, as older versions or another umask
 * left it. Only what is ours: the directory may be one that somebody keeps other things in. Answers the paths where
 * that was not possible.
 *
 * @throws CommandError when the directory is shared by design
 */
export function makeStatePrivate(state: string): readonly string[] {
  const kept = makePrivateDirectory(state);
  const names = readdirSync(state).filter((name) => ours.includes(name.split('.', 1)[0] ?? ''));
  return [...kept, ...makePrivate(names.map((name) => join(state, name)))];
}

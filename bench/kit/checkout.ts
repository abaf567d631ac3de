/** This repository as it was, to be measured beside what it is. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of this checkout. */
export const ROOT = join(import.meta.dirname, '../..');

export interface Checkout {
  /** Its folder, with what its lock file names installed. */
  readonly root: string;
  /** Runs a command in it to its end. @throws Error with what the command said, when it fails */
  run(command: string, ...args: string[]): void;
  remove(): Promise<void>;
}

/**
 * Checks a commit out in a temporary folder and installs what its lock file names. A folder is taken as it is.
 * @param what a folder with an installed checkout, or a commit, branch or tag
 */
export async function checkOut(what: string): Promise<Checkout> {
  if (existsSync(join(what, 'package-lock.json'))) {
    const root = resolve(what);
    return { root, run: (command, ...args) => run(root, command, ...args), remove: async () => undefined };
  }
  const root = await mkdtemp(join(tmpdir(), 'bench-checkout-'));
  const remove = async (): Promise<void> => {
    run(ROOT, 'git', 'worktree', 'remove', '--force', root);
    await rm(root, { recursive: true, force: true });
  };
  run(ROOT, 'git', 'worktree', 'add', '--detach', root, `${what}^{commit}`);
  try {
    run(root, 'npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
  } catch (error) {
    await remove();
    throw error;
  }
  return { root, run: (command, ...args) => run(root, command, ...args), remove };
}

function run(cwd: string, command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`'${command} ${args.join(' ')}' failed: ${error?.message ?? stderr.trim()}`);
}

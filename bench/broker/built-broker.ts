/** The broker of another commit, built as its package is. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PACKAGE = 'libs/servicebus-emulator';
const ROOT = join(import.meta.dirname, '../..');

export interface BuiltBroker {
  /** The package's folder. */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Checks a commit out in a temporary folder, installs what its lock file names, and builds its broker.
 * @param ref a commit, branch or tag
 */
export async function buildBroker(ref: string): Promise<BuiltBroker> {
  const tree = await mkdtemp(join(tmpdir(), 'bench-compare-'));
  const remove = async () => {
    run(ROOT, 'git', 'worktree', 'remove', '--force', tree);
    await rm(tree, { recursive: true, force: true });
  };
  run(ROOT, 'git', 'worktree', 'add', '--detach', tree, `${ref}^{commit}`);
  try {
    run(tree, 'npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
    run(tree, 'npm', 'run', '--silent', 'prepack', '-w', PACKAGE);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder: join(tree, PACKAGE), remove };
}

/** @throws Error with what the command said, when it fails */
function run(cwd: string, command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`'${command} ${args.join(' ')}' failed: ${error?.message ?? stderr.trim()}`);
}

/** The broker of another commit, built as its package is. */
import { join } from 'node:path';
import { checkOut } from '../kit/checkout.js';

export const PACKAGE = 'libs/servicebus-emulator';

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
  const { root, run, remove } = await checkOut(ref);
  try {
    run('npm', 'run', '--silent', 'prepack', '-w', PACKAGE);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder: join(root, PACKAGE), remove };
}

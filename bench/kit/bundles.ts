import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The directory with the bundles of a checkout's apps; they are made when its sources have changed. */
export async function bundlesOf(root: string): Promise<string> {
  const url = pathToFileURL(join(root, 'apps', 'cli', 'bin', 'bundles.mjs')).href;
  const { findBundles } = (await import(url)) as { findBundles(root: string): string };
  return findBundles(root);
}

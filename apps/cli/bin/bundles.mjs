// Finds the bundles of the apps, and makes them when the sources have changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** What a build is made of, apart from what `npm ci` installs. */
const files = ['package-lock.json', 'rolldown.config.mjs', 'rolldown.preset.mjs', 'tsconfig.base.json'];
const folders = ['apps', 'libs'];
const isSource = (path) =>
  /[\\/](src[\\/].*\.(ts|json)|package\.json|rolldown\.config\.mjs)$/.test(path) && !path.endsWith('.spec.ts');
/** A running system keeps using the build it started from, so a few are left in place. */
const keptBuilds = 4;

/**
 * The directory that holds `cli.mjs` and one file for each app. Every build has a directory of its own, named after
 * what it was made of: a build that exists is complete and never changes.
 */
export function findBundles(root) {
  const directory = join(root, 'dist', fingerprint(root));
  if (existsSync(directory)) utimesSync(directory, new Date(), new Date());
  else build(root, directory);
  return directory;
}

function build(root, directory) {
  const rolldown = join(root, 'node_modules', 'rolldown', 'bin', 'cli.mjs');
  if (!existsSync(rolldown)) throw new Error('There is nothing to build with: run `npm ci` first.');
  const startedAt = performance.now();
  const draft = `${directory}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [rolldown, '-c', 'rolldown.config.mjs', '-d', draft],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`The build failed.\n${stdout}${stderr}`);
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Somebody else may have made the same build meanwhile.
    if (!existsSync(directory)) throw error;
  }
  process.stderr.write(`Built the apps from source (${((performance.now() - startedAt) / 1000).toFixed(1)} s).\n`);
  removeOldBuilds(join(root, 'dist'));
}

function removeOldBuilds(dist) {
  const builds = readdirSync(dist)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => ({ path: join(dist, name), usedAt: statSync(join(dist, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of builds.slice(keptBuilds)) rmSync(path, { recursive: true, force: true });
}

function fingerprint(root) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const path of [...files, ...folders.flatMap((folder) => sourcesIn(root, folder)).sort()]) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** The source files in a folder and below it, relative to `root`. */
function sourcesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !['node_modules', 'dist', 'out-tsc'].includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourcesIn(root, path);
      return isSource(path) ? [path] : [];
    });
}

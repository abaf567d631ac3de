// `prepack` of a library: compiles it into dist, so that one tarball is all that somebody has to install.
//  * Libraries of this workspace that it imports are compiled into dist/libraries, and its imports point there.
//  * An entry that needs optional peers gets an `entry.js`, which says what to install where the bare import would fail
//    somewhere inside. package.json names it as the entry's default export.
// Run it in the library's folder.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const libraries = join(import.meta.dirname, '..', 'libs');
const scope = '@orderflow/';
const manifest = readManifest('.');

rmSync('dist', { recursive: true, force: true });
compile('.', 'dist');
inlineLibraries('dist');
for (const [subpath, { default: target }] of Object.entries(manifest.exports)) {
  if (target?.endsWith('/entry.js')) await writeEntry(posix.join(manifest.name, subpath), target);
}

/** @param {string} folder @returns {{ name: string, exports: Record<string, { default?: string }>, peerDependencies?: Record<string, string> }} */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** @param {string} folder @param {string} outDir */
function compile(folder, outDir) {
  const compiler = join(dirname(ts.sys.getExecutingFilePath()), 'tsc.js');
  const args = [compiler, '-p', join(folder, 'tsconfig.build.json'), '--outDir', outDir];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${folder} does not compile.`);
}

/** @param {string} folder whose imports of other libraries are replaced by imports of copies inside the package */
function inlineLibraries(folder) {
  for (const file of globSync(`${folder}/**/*.{js,d.ts}`)) {
    const text = readFileSync(file, 'utf8');
    const found = importsOf(text).filter(({ fileName }) => fileName.startsWith(scope));
    if (found.length === 0) continue;
    // From the last to the first, so that positions stay true.
    const replaced = found
      .sort((a, b) => b.pos - a.pos)
      .reduce((rest, { fileName }) => {
        const path = relative(dirname(file), inlined(fileName)).replaceAll('\\', '/');
        return rest.replaceAll(`'${fileName}'`, `'./${path}'`).replaceAll(`"${fileName}"`, `"./${path}"`);
      }, text);
    writeFileSync(file, replaced);
  }
}

/** @param {string} specifier such as `@orderflow/amqp` @returns {string} the file inside this package that stands for it */
function inlined(specifier) {
  const [name = '', ...rest] = specifier.slice(scope.length).split('/');
  const folder = join(libraries, name);
  const copy = join('dist', 'libraries', name);
  if (!existsSync(copy)) {
    compile(folder, copy);
    inlineLibraries(copy);
  }
  const target = readManifest(folder).exports[['.', ...rest].join('/')]?.default;
  if (!target) throw new Error(`${specifier} is not exported by ${folder}.`);
  return join(copy, relative('dist', target));
}

/** @param {string} name such as `@orderflow/messaging/nest` @param {string} target the `entry.js` to write */
async function writeEntry(name, target) {
  const index = join(dirname(target), 'index.js');
  const peers = peersOf(index);
  const names = Object.keys(await import(pathToFileURL(index).href)).sort();
  const helper = relative(dirname(target), 'dist/import-with-peers.js').replaceAll('\\', '/');
  const text = [
    `import { importWithPeers } from '${helper.startsWith('.') ? helper : `./${helper}`}';`,
    `const entry = await importWithPeers('${name}', ${JSON.stringify(peers)}, () => import('./index.js'));`,
    `export const { ${names.join(', ')} } = entry;`,
  ];
  writeFileSync(target, `${text.join('\n')}\n`);
}

/** @param {string} entry a built file @returns {string[]} the peers that it and what it imports need */
function peersOf(entry) {
  const peers = new Set();
  const files = new Set([entry]);
  for (const file of files) {
    for (const { fileName } of importsOf(readFileSync(file, 'utf8'))) {
      if (fileName.startsWith('.')) files.add(join(dirname(file), fileName));
      else if (manifest.peerDependencies?.[fileName]) peers.add(fileName);
    }
  }
  return [...peers].sort();
}

/** @param {string} text */
function importsOf(text) {
  return ts.preProcessFile(text, true, true).importedFiles;
}

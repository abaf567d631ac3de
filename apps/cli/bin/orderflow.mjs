#!/usr/bin/env node
// The launcher of the `orderflow` command. It must parse on any Node.js that knows modules, so that an old one gets a
// message and not a syntax error: no syntax and no imports from after Node 14 in this file.
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const minimum = [22, 12];
const installed = join(root, 'node_modules', '.bin', 'node');

const version = process.versions.node.split('.').map(Number);
const isOld = version[0] < minimum[0] || (version[0] === minimum[0] && version[1] < minimum[1]);

if (!isOld) {
  main().catch(fail);
} else if (existsSync(installed) && !process.env.ORDERFLOW_RELAUNCHED) {
  relaunch();
} else {
  fail(
    new Error(
      'OrderFlow needs Node.js ' +
        minimum.join('.') +
        ' or newer, and this is ' +
        process.versions.node +
        '. Install a newer one from https://nodejs.org (on Linux x64 `npm ci` brings one along).',
    ),
  );
}

async function main() {
  process.env.ORDERFLOW_ROOT = process.env.ORDERFLOW_ROOT || root;
  const { findBundles } = await import('./bundles.mjs');
  const bundles = findBundles(root);
  await import(pathToFileURL(join(bundles, 'cli.mjs')).href);
}

/** Runs this file again on the Node.js that came with `npm ci`. */
function relaunch() {
  const env = Object.assign({}, process.env, { ORDERFLOW_RELAUNCHED: '1' });
  // The channel tells the child when this process was killed.
  const child = spawn(installed, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: env });
  // The child of a terminal gets Ctrl-C twice then, which it takes for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', fail);
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

function fail(error) {
  process.stderr.write('orderflow: ' + error.message + '\n');
  process.exitCode = 1;
}

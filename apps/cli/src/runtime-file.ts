import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Runtime } from '@orderflow/service-kit';
import { isRunning, type ProcessIdentity } from './process-identity.js';

/** Replaces the file at once, readable by its owner only. */
export function writeRuntime(path: string, runtime: Runtime): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(runtime, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function removeRuntime(path: string): void {
  rmSync(path, { force: true });
}

/** What runs on this machine; undefined when nothing does, or the supervisor was killed. */
export function readRuntime(path: string): Runtime | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const runtime = JSON.parse(text) as Runtime;
  return isRunning(runtime satisfies ProcessIdentity) ? runtime : undefined;
}

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, type ProcessIdentity } from './process-identity.js';

/** What `orderflow up` chose, for commands and for apps that are served alone. */
export interface Runtime {
  /** The supervisor's process id, and when it started. */
  readonly pid: number;
  readonly startedAt: string;
  /** Connection URLs by app; they contain the password. */
  readonly databases: Readonly<Record<string, string>>;
  /** Absent while an external namespace is used by its name. */
  readonly servicebus?: { readonly connectionString: string; readonly adminConnectionString: string };
  readonly gateway: { readonly url: string };
  /** Base URLs by app. */
  readonly urls: Readonly<Record<string, string>>;
  /** Ports by process. */
  readonly ports: Readonly<Record<string, number>>;
  /** The directory of the log files. */
  readonly logs: string;
}

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

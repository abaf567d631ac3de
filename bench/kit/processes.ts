import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const READY_WITHIN_MS = 60_000;

/** The processes of one stack, each with a log file of its own. */
export class Processes {
  readonly #logs: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor(logs: string) {
    mkdirSync(logs, { recursive: true });
    this.#logs = logs;
  }

  get pids(): readonly (readonly [name: string, pid: number])[] {
    return [...this.#children].map(([name, { pid = 0 }]) => [name, pid]);
  }

  start(name: string, args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
    const log = openSync(join(this.#logs, `${name}.log`), 'a');
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', log, log, 'ipc'],
    });
    this.#children.set(name, child);
    return child;
  }

  /** Resolves with what a process says first. */
  async firstWord(child: ChildProcess): Promise<unknown> {
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`It ended with ${String(code)}.`)));
    const [word] = await Promise.race([once(child, 'message'), ended]);
    return word;
  }

  /** Stops them in the reverse of the order in which they were started. */
  async stop(): Promise<void> {
    for (const child of [...this.#children.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const ended = await Promise.race([exit.then(() => true), pause(10_000, false, { ref: false })]);
      if (!ended) child.kill('SIGKILL');
      await exit;
    }
  }
}

/** Resolves once the page answers at all below 500. */
export async function answers(url: string): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const { status, body } = await fetch(url);
      await body?.cancel();
      if (status < 500) return;
      last = `it answers ${status}`;
    } catch (error) {
      last = error;
    }
    await pause(50);
  }
  throw new Error(`${url} is not ready after ${READY_WITHIN_MS} ms.`, { cause: last });
}

/** Runs a command to its end. */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  await promisify(execFile)(process.execPath, args, { env: { PATH: process.env['PATH'], ...environment } });
}

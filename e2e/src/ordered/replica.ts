import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ReplicaOptions {
  /** The arguments of `node`. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Resolves when the process that was just started does its work. */
  readonly ready: (process: ChildProcess) => Promise<void>;
}

/** A process beside those of the supervisor, which can be killed and started again. */
export class Replica {
  readonly #options: ReplicaOptions;
  #process: ChildProcess;

  private constructor(options: ReplicaOptions, process: ChildProcess) {
    this.#options = options;
    this.#process = process;
  }

  static async start(options: ReplicaOptions): Promise<Replica> {
    return new Replica(options, await run(options));
  }

  /** Ends it without warning, and starts another one in its place. */
  async killAndReplace(): Promise<void> {
    await this.kill();
    this.#process = await run(this.#options);
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${this.#process.spawnargs.join(' ')} ended by itself: ${exitCode ?? signalCode}.`);
    }
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

async function run({ args, env, ready }: ReplicaOptions): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  // Whoever waits for its first line listens as well; the rest is read and dropped.
  child.stdout.resume();
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`${args.join(' ')} ended with ${code} before it was ready.`);
  });
  await Promise.race([ready(child), ended]);
  // It may end later: then whoever kills it says so.
  ended.catch(() => undefined);
  return child;
}

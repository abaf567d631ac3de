import type { Bench } from './bench.js';
import type { Scenario } from './scenarios.js';
import type { Stage } from './run-case.js';
import type { Strike, WorkerSettings } from './protocol.js';
import { WorkerProcess, type WorkerProcessOptions } from './worker-process.js';

/** How workers are started here. */
export interface ReplicaOptions extends Omit<WorkerProcessOptions, 'settings'> {
  readonly concurrency: number;
}

/** The place of the one worker of a bench: there is always one when it is asked for, whatever became of the last. */
export class Replica {
  readonly #bench: Bench;
  readonly #options: ReplicaOptions;
  #worker: WorkerProcess | undefined;
  /** Whether the worker consumes the queue with sessions. */
  #isOrdered = false;
  #closed = false;

  constructor(bench: Bench, options: ReplicaOptions) {
    this.#bench = bench;
    this.#options = options;
  }

  /** A worker that works: the last one, or a new one. */
  async running(): Promise<WorkerProcess> {
    const worker = this.#worker;
    if (worker?.isAlive === true && this.#isOrdered === this.#bench.isOrdered) return worker;
    await this.stop();
    const fresh = this.start();
    if (await fresh.said('ready')) return fresh;
    throw new Error(`Not one step: ${await fresh.ended()}`);
  }

  /** Starts a worker. */
  start(particular: Partial<WorkerSettings> = {}): WorkerProcess {
    if (this.#closed) throw new Error('No worker is started any more: the case was given up.');
    const { concurrency, ...options } = this.#options;
    const settings = { ...this.#bench.settings(concurrency), ...particular };
    this.#isOrdered = settings.isOrdered;
    return (this.#worker = new WorkerProcess({ ...options, settings }));
  }

  /** Stops the worker that there is, in order. */
  async stop(): Promise<void> {
    if (this.#worker?.isAlive !== true) return;
    this.#worker.send({ kind: 'stop', drainTimeoutMs: 0 });
    const problem = await this.#worker.ended();
    if (problem !== undefined) throw new Error(problem);
  }

  /** Ends the worker that there is, at once, and starts no other. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.kill();
  }

  /** Sends the messages of a scenario to a worker that is armed, and drives it. Answers the worker. */
  async begin(scenario: Scenario, { prefix, kinds }: Stage, strike?: Strike): Promise<WorkerProcess> {
    this.#bench.isOrdered = scenario.isOrdered === true;
    scenario.prepare?.(this.#bench);
    if (scenario.starts !== undefined) {
      await this.stop();
      await this.#bench.send(prefix, kinds);
      return this.start({ ...scenario.starts, ...(strike && { strike }) });
    }
    const worker = await this.running();
    worker.forget();
    worker.send({ kind: 'arm', hold: true, ...(strike && { strike }) });
    await worker.said('armed');
    await this.#bench.send(prefix, kinds);
    return worker;
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { startPostgres } from '@orderflow/local-postgres';
import { bundleWorker } from './bundle-worker.js';
import { type Census, keyOf, problemsOf, takeCensus } from './census.js';
import { Bench } from './bench.js';
import { kindsOf } from './messages.js';
import { isOnPath, unreachableAs } from './path.js';
import { type AwaitPoint, type Moment, moments } from './points.js';
import type { Fault, Strike } from './protocol.js';
import { Replica } from './replica.js';
import { runCase } from './run-case.js';
import type { Scenario } from './scenarios.js';

export interface RunOptions {
  /** What strikes, and at which moments of each point. */
  readonly strikes: ReadonlyMap<Fault, readonly Moment[]>;
  /** Cases at a time, each with a broker and a database of its own. */
  readonly benches: number;
  /** Messages that a worker handles at a time. */
  readonly concurrency: number;
  /** How many messages of each kind a case has. */
  readonly messages: number;
  /** Only points whose names contain it; all when absent. */
  readonly only?: string;
  /** Called with each line that the run has to say. */
  readonly print: (line: string) => void;
}

/** One strike at one point. */
interface Case {
  readonly name: string;
  readonly strike: Strike;
  /** Those that reach the point, best first. */
  readonly scenarios: readonly Scenario[];
}

type Verdict = 'identical' | 'not reached' | 'different' | 'failed';

/** Generates the points, runs every case and prints what came of them. Answers whether everything is as it should be. */
export async function runKillPoints(options: RunOptions): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'orderflow-kill-points-'));
  const server = await startPostgres();
  const benches: { bench: Bench; replica: Replica }[] = [];
  try {
    const worker = { file: join(directory, 'worker.mjs'), cacheDir: join(directory, 'cache') };
    const { points, files } = await bundleWorker(worker.file, isOnPath);
    for (let index = 0; index < options.benches; index += 1) {
      const bench = await Bench.start(server, `bench_${index}`);
      benches.push({ bench, replica: new Replica(bench, { ...worker, concurrency: options.concurrency }) });
    }
    return await new Run(options, benches, points).run(files);
  } finally {
    for (const { bench, replica } of benches) {
      await replica.kill();
      await bench.close();
    }
    await server.stop();
    await rm(directory, { recursive: true });
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #benches: readonly { readonly bench: Bench; readonly replica: Replica }[];
  readonly #points: readonly AwaitPoint[];
  readonly #verdicts: { readonly fault: Fault; readonly verdict: Verdict }[] = [];

  constructor(
    options: RunOptions,
    benches: readonly { readonly bench: Bench; readonly replica: Replica }[],
    points: readonly AwaitPoint[],
  ) {
    this.#options = options;
    this.#benches = benches;
    this.#points = points;
  }

  async run(files: readonly string[]): Promise<boolean> {
    const { print, messages } = this.#options;
    const [first] = this.#benches;
    if (first === undefined) throw new RangeError('A run needs a bench.');
    const census = await takeCensus(first, messages);
    const problems = problemsOf(census, this.#points, files);
    problems.forEach(print);
    const reached = census.reachedIn.size;
    print(
      `${this.#points.length} awaits, ${this.#points.length * moments.length} points generated, ${reached} reached`,
    );
    if (problems.length > 0) return false;
    if (this.#options.strikes.size === 0) return true;
    const waiting = this.#plan(census).values();
    await Promise.all(this.#benches.map((stage) => this.#runBench(stage, waiting, census)));
    return this.#conclude();
  }

  /** Every case, those of one fault together. */
  #plan({ reachedIn }: Census): readonly Case[] {
    const { strikes, only = '' } = this.#options;
    return [...strikes].flatMap(([fault, at]) =>
      this.#points.flatMap((point, id) =>
        at.flatMap((moment) => {
          const scenarios = reachedIn.get(keyOf(id, moment));
          const name = `${fault} ${moment} ${point.file}:${point.line}:${point.column} (${point.name})`;
          const isListed = unreachableAs(`${point.name} (${moment})`) !== undefined;
          return scenarios === undefined || isListed || !name.includes(only)
            ? []
            : [{ name, strike: { id, moment, fault }, scenarios }];
        }),
      ),
    );
  }

  async #runBench(stage: { bench: Bench; replica: Replica }, waiting: Iterator<Case>, census: Census): Promise<void> {
    let number = 0;
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const started = performance.now();
      const { verdict, detail } = await this.#try(next.value, stage, census, () => `${(number += 1)}-`);
      this.#verdicts.push({ fault: next.value.strike.fault, verdict });
      const line = `${verdict}: ${next.value.name} in ${Math.round(performance.now() - started)} ms${detail}`;
      if (verdict !== 'identical' || process.env['KILL_POINTS_VERBOSE'] === '1') this.#options.print(line);
    }
  }

  /** Tries the scenarios in turn until one reaches the point. */
  async #try(
    { strike, scenarios }: Case,
    stage: { bench: Bench; replica: Replica },
    { states }: Census,
    nextPrefix: () => string,
  ): Promise<{ readonly verdict: Verdict; readonly detail: string }> {
    // What a timer sets off may be late on a busy machine: a second try each.
    for (const scenario of [...scenarios, ...scenarios]) {
      const kinds = kindsOf(scenario.kinds, this.#options.messages);
      try {
        const { reached, state } = await runCase(scenario, strike, { ...stage, prefix: nextPrefix(), kinds });
        if (!isDeepStrictEqual(state, states.get(scenario))) {
          return { verdict: 'different', detail: `, in ${scenario.name}: ${JSON.stringify(state)}` };
        }
        if (reached) return { verdict: 'identical', detail: `, in ${scenario.name}` };
      } catch (error) {
        await stage.replica.kill();
        return { verdict: 'failed', detail: `, in ${scenario.name}: ${error instanceof Error ? error.stack : error}` };
      }
    }
    return { verdict: 'not reached', detail: '' };
  }

  #conclude(): boolean {
    const { print, strikes } = this.#options;
    for (const fault of strikes.keys()) {
      const verdicts = this.#verdicts.filter((one) => one.fault === fault);
      const count = (verdict: Verdict): number => verdicts.filter((one) => one.verdict === verdict).length;
      print(
        `${fault}: ${verdicts.length} run, ${count('identical')} identical, ${count('different')} different, ` +
          `${count('not reached')} not reached, ${count('failed')} failed`,
      );
    }
    return this.#verdicts.length > 0 && this.#verdicts.every(({ verdict }) => verdict === 'identical');
  }
}

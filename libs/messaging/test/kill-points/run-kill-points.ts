import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { startPostgres } from '@orderflow/local-postgres';
import { Bench } from './bench.js';
import { bundleWorker } from './bundle-worker.js';
import { type Census, hasUnreached, joined, problemsOf, takeCensus } from './census.js';
import { kindsOf } from './messages.js';
import { isOnPath } from './path.js';
import { type Case, choose, planCases, seedOf } from './plan.js';
import { type AwaitPoint, type Moment, moments } from './points.js';
import type { Fault } from './protocol.js';
import { Replica } from './replica.js';
import { runCase } from './run-case.js';
import { within } from './within.js';

export interface RunOptions {
  /** What strikes, and at which moments of each point. */
  readonly strikes: ReadonlyMap<Fault, readonly Moment[]>;
  /** Cases at a time, each with a broker and a database of its own. */
  readonly benches: number;
  /** Messages that a worker handles at a time. */
  readonly concurrency: number;
  /** How many messages of each kind a case has. */
  readonly messages: number;
  /** Only cases whose names contain it; all when absent. */
  readonly only?: string;
  /** How many cases of each fault but `kill`, from 1; all when absent. */
  readonly sample?: number;
  /** What the sample is drawn with; the points decide when absent. */
  readonly seed?: string;
  /** Called with each line that the run has to say. */
  readonly print: (line: string) => void;
}

type Verdict = 'identical' | 'not reached' | 'different' | 'failed';

/** A bench with its worker. */
interface Place {
  readonly bench: Bench;
  readonly replica: Replica;
}

/** How long a case may take, in milliseconds: whatever hangs, in the product or here, becomes a case that failed. */
const caseLimitMs = 120_000;
/** How long a bench may take to close, in milliseconds. */
const closingMs = 30_000;
/** How many times the undisturbed scenarios are run at most, to reach every point. */
const mostCensuses = 3;
/** After how many cases it is said how far the run has come. */
const progressEvery = 50;

/** Generates the points, runs every case and prints what came of them. Answers whether everything is as it should be. */
export async function runKillPoints(options: RunOptions): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'orderflow-kill-points-'));
  const server = await startPostgres();
  try {
    const worker = { file: join(directory, 'worker.mjs'), cacheDir: join(directory, 'cache') };
    const { points, files } = await bundleWorker(worker.file, isOnPath);
    let opened = 0;
    const open = async (): Promise<Place> => {
      const bench = await Bench.start(server, `bench_${(opened += 1)}`);
      return { bench, replica: new Replica(bench, { ...worker, concurrency: options.concurrency }) };
    };
    return await new Run(options, open, points).run(files);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true });
  }
}

async function close({ bench, replica }: Place): Promise<void> {
  await replica.close();
  await within(closingMs, () => 'the bench has closed', bench.close());
}

class Run {
  readonly #options: RunOptions;
  readonly #open: () => Promise<Place>;
  readonly #points: readonly AwaitPoint[];
  readonly #verdicts: { readonly fault: Fault; readonly verdict: Verdict }[] = [];

  constructor(options: RunOptions, open: () => Promise<Place>, points: readonly AwaitPoint[]) {
    this.#options = options;
    this.#open = open;
    this.#points = points;
  }

  async run(files: readonly string[]): Promise<boolean> {
    const { print, strikes } = this.#options;
    const census = await this.#takeCensus(files);
    const problems = problemsOf(census, this.#points, files);
    problems.forEach(print);
    const generated = this.#points.length * moments.length;
    print(`${this.#points.length} awaits, ${generated} points generated, ${census.reachedIn.size} reached`);
    if (problems.length > 0) return false;
    if (strikes.size === 0) return true;
    const cases = this.#plan(census);
    const waiting = cases.values();
    const workers = Array.from({ length: this.#options.benches }, () => this.#runBench(waiting, census, cases.length));
    await Promise.all(workers);
    return this.#conclude();
  }

  /** Takes another census while a point was not reached: what a timer sets off may be late on a busy machine. */
  async #takeCensus(files: readonly string[]): Promise<Census> {
    let census = await this.#takeOneCensus();
    for (let taken = 1; taken < mostCensuses && hasUnreached(census, this.#points, files); taken += 1) {
      census = joined(census, await this.#takeOneCensus());
    }
    return census;
  }

  async #takeOneCensus(): Promise<Census> {
    const place = await this.#open();
    try {
      return await takeCensus(place, this.#options.messages, caseLimitMs);
    } finally {
      await close(place);
    }
  }

  #plan(census: Census): readonly Case[] {
    const { strikes, only = '', sample, seed = seedOf(this.#points), print } = this.#options;
    const all = planCases(this.#points, census, strikes).filter(({ name }) => name.includes(only));
    if (sample === undefined) return all;
    const chosen = choose(all, { size: sample, seed });
    print(`${chosen.length} of ${all.length} cases, drawn with the seed ${seed}`);
    return chosen;
  }

  async #runBench(waiting: Iterator<Case>, census: Census, cases: number): Promise<void> {
    const { print } = this.#options;
    let place = await this.#open();
    let number = 0;
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const started = performance.now();
      const { verdict, detail } = await this.#try(next.value, place, census, () => `${(number += 1)}-`);
      this.#verdicts.push({ fault: next.value.strike.fault, verdict });
      const line = `${verdict}: ${next.value.name} in ${Math.round(performance.now() - started)} ms${detail}`;
      if (verdict !== 'identical' || process.env['KILL_POINTS_VERBOSE'] === '1') print(line);
      if (this.#verdicts.length % progressEvery === 0) print(`${this.#verdicts.length} of ${cases} cases done`);
      if (verdict !== 'failed') continue;
      // Nobody knows what still goes on in it.
      await close(place).catch((error: unknown) => print(`left open: ${String(error)}`));
      place = await this.#open();
    }
    await close(place);
  }

  /** Tries the scenarios in turn until one reaches the point. */
  async #try(
    { strike, scenarios }: Case,
    place: Place,
    { states }: Census,
    nextPrefix: () => string,
  ): Promise<{ readonly verdict: Verdict; readonly detail: string }> {
    // What a timer sets off may be late on a busy machine: a second try each.
    const tries = [1, 5].flatMap((waitFactor) => scenarios.map((scenario) => ({ scenario, waitFactor })));
    for (const { scenario, waitFactor } of tries) {
      const kinds = kindsOf(scenario.kinds, this.#options.messages);
      let step = '';
      const stage = { ...place, prefix: nextPrefix(), kinds, waitFactor, begins: (what: string) => void (step = what) };
      try {
        const { reached, state } = await within(caseLimitMs, () => step, runCase(scenario, strike, stage));
        if (!isDeepStrictEqual(state, states.get(scenario))) {
          return { verdict: 'different', detail: `, in ${scenario.name}: ${JSON.stringify(state)}` };
        }
        if (reached) return { verdict: 'identical', detail: `, in ${scenario.name}` };
      } catch (error) {
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
    const identical = this.#verdicts.filter(({ verdict }) => verdict === 'identical').length;
    print(`in total: ${this.#verdicts.length} run, ${identical} identical`);
    return this.#verdicts.length > 0 && identical === this.#verdicts.length;
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { freeze } from './freeze.js';
import { beyondLockMs, type EndState, type Bench, lockMs } from './bench.js';
import type { Kind } from './messages.js';
import type { Fault, Strike } from './protocol.js';
import type { Replica } from './replica.js';
import type { Scenario } from './scenarios.js';
import { until } from './until.js';
import type { WorkerProcess } from './worker-process.js';

/** Where a scenario runs, and with which messages. */
export interface Stage {
  readonly bench: Bench;
  readonly replica: Replica;
  /** What the ids of the messages begin with: unique in the bench. */
  readonly prefix: string;
  readonly kinds: readonly Kind[];
  /** How much longer than usual the scenario lets things take that give no signal, from 1. */
  readonly waitFactor: number;
  /** Called with what is waited for from now on, for the case that it never comes. */
  begins(what: string): void;
}

export interface Outcome {
  readonly reached: boolean;
  readonly state: EndState;
}

/** How long the worker has to reach a point, and how long the system to get quiet, in milliseconds. */
const limitMs = 30_000;
/** After how long without an end time is let pass, in milliseconds: when nothing is in hand, and else. */
const waitMs = { idle: 1_500, busy: 6_000 };
/** How often it is looked whether the system is quiet, in milliseconds. */
const lookMs = 20;
/** How long the database stays away, in milliseconds. */
const awayMs = 100;

/**
 * Runs a scenario, strikes at its point, and lets the system get quiet.
 * @throws Error when the system does not get quiet or the worker ends by itself
 */
export async function runCase(scenario: Scenario, strike: Strike, stage: Stage): Promise<Outcome> {
  const { bench, begins } = stage;
  begins('the worker is armed');
  const worker = await stage.replica.begin(scenario, stage, strike);
  begins('the worker reaches the point, or the scenario is over');
  const driven = scenario.drive?.(worker, bench, stage.waitFactor);
  driven?.catch(() => undefined); // shows when it is awaited below, or in what it left undone
  const reached = (await worker.struck(quietWithout(worker, stage, driven))) || (await isLate(worker));
  begins('the fault is done');
  if (reached) await strikeWith(strike.fault, worker, stage);
  begins('the worker has stopped');
  if (scenario.stopsWorker === true) await until('the worker has stopped', () => !worker.isAlive, limitMs);
  begins('the system is quiet');
  const state = await endState(stage);
  worker.forget();
  bench.clearFaults();
  begins('the scenario is over');
  await driven;
  return { reached, state };
}

/**
 * Disarms a worker that has not reached its point: later on nobody would do the fault that it asks for. Answers whether
 * it reached it while it was told.
 */
async function isLate(worker: WorkerProcess): Promise<boolean> {
  worker.send({ kind: 'disarm' });
  return worker.struck(worker.said('disarmed'));
}

/** Runs a scenario undisturbed. Answers the end state and what was reached, as the probe names it. */
export async function runUndisturbed(
  scenario: Scenario,
  stage: Stage,
): Promise<{ readonly state: EndState; readonly reached: ReadonlySet<string> }> {
  const { bench, begins, waitFactor } = stage;
  begins('the scenario is over');
  const worker = await stage.replica.begin(scenario, stage);
  await scenario.drive?.(worker, bench, waitFactor);
  begins('the worker has stopped');
  if (scenario.stopsWorker === true) await until('the worker has stopped', () => !worker.isAlive, limitMs);
  begins('the system is quiet');
  const state = await endState(stage);
  await worker.state();
  return { state, reached: new Set(worker.reached) };
}

/** Resolves when the worker ended, or the scenario is over and the system quiet, without a strike. */
async function quietWithout(
  worker: WorkerProcess,
  { bench, prefix, kinds }: Stage,
  driven: Promise<void> | undefined,
): Promise<void> {
  await driven;
  const end = performance.now() + limitMs;
  while (worker.isAlive && performance.now() < end) {
    const isQuiet = await bench.isQuiet(prefix, kinds).catch(() => false); // the database may be away by now
    if (isQuiet) return;
    await pause(lookMs);
  }
}

/**
 * Waits until nothing is left to do. What was not settled comes again when its lock has ended, so time passes whenever
 * nothing else does.
 */
async function endState({ bench, replica, prefix, kinds }: Stage): Promise<EndState> {
  const end = performance.now() + limitMs;
  let waitedFrom = performance.now();
  for (;;) {
    const worker = await replica.running();
    worker.send({ kind: 'let-go' });
    const isIdle = (await worker.state())?.inFlight === 0;
    if (isIdle && (await bench.isQuiet(prefix, kinds))) return bench.endState(prefix);
    if (performance.now() > end) {
      throw new Error(`Not quiet after ${limitMs} ms: ${JSON.stringify(await bench.endState(prefix))}`);
    }
    if (performance.now() > waitedFrom + (isIdle ? waitMs.idle : waitMs.busy)) {
      // What is in hand keeps its lock; what nobody holds any more is free the second time.
      await bench.pass(0.6 * lockMs);
      worker.send({ kind: 'advance', ms: 0.6 * lockMs });
      waitedFrom = performance.now();
    }
    await pause(lookMs);
  }
}

async function strikeWith(fault: Fault, worker: WorkerProcess, stage: Stage): Promise<void> {
  const { bench } = stage;
  switch (fault) {
    case 'kill': {
      const problem = await worker.ended();
      if (problem !== undefined) throw new Error(problem);
      return bench.pass(beyondLockMs);
    }
    case 'cut':
      return worker.resume({ aheadMs: 0 });
    case 'lock-lost':
      bench.expireLocks();
      return worker.resume({ aheadMs: 0 });
    case 'database-gone':
      await bench.database.goAway();
      worker.resume({ aheadMs: 0 });
      await pause(awayMs);
      return bench.database.comeBack();
    case 'freeze':
      return freeze(worker, stage);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { beyondLockMs } from './bench.js';
import type { Stage } from './run-case.js';
import type { WorkerProcess } from './worker-process.js';

/** The longest turn of a second replica while the worker is frozen, in milliseconds. */
const turnMs = 1_000;
/** How long a second replica may take to stop, in milliseconds. */
const stopMs = 30_000;

/** Lets a frozen worker's locks and leases end, gives a second replica a turn, and lets the worker go on. */
export async function freeze(worker: WorkerProcess, { bench, prefix, kinds }: Stage): Promise<void> {
  await worker.frozen();
  await bench.pass(beyondLockMs);
  const rival = await bench.startRival();
  const end = performance.now() + turnMs;
  // Its turn ends when everything is done, or what is left waits for a transaction of the frozen worker.
  while (performance.now() < end && !(await bench.isQuiet(prefix, kinds)) && !(await bench.database.isBlocked())) {
    await pause(10);
  }
  worker.thaw();
  worker.resume({ aheadMs: beyondLockMs });
  await bench.stopRival(rival, stopMs);
}

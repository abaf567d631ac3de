import { cpuBetween, cpuSnapshot } from './cpu.js';
import type { Row } from './report.js';

/** What one round came to. */
export interface Figure {
  readonly perSecond: number;
  /** On-CPU time of all processes that were looked at, µs for each thing that was done. */
  readonly cpuMicros: number;
  /** The same of each of them, in their order. */
  readonly cpuOfEach: readonly number[];
}

/** What belongs to some work, though nobody waits for it: its CPU counts, and its time does not. */
interface Around {
  readonly begin?: () => Promise<unknown>;
  readonly settle?: () => Promise<unknown>;
}

/**
 * Times work and the CPU it takes.
 * @param count how many things `work` does
 * @param pids the processes whose CPU counts, each with its descendants
 */
export async function measure(
  count: number,
  pids: readonly number[],
  work: () => Promise<unknown>,
  { begin, settle }: Around = {},
): Promise<Figure> {
  const before = await cpuSnapshot(pids);
  await begin?.();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  await settle?.();
  const cpuOfEach = cpuBetween(before, await cpuSnapshot(pids)).map((micros) => micros / count);
  return { perSecond: count / seconds, cpuMicros: cpuOfEach.reduce((sum, each) => sum + each, 0), cpuOfEach };
}

/** What two rows have in common. */
interface Compared {
  readonly what: string;
  readonly over: string;
  readonly baseline: readonly Figure[];
  readonly ours: readonly Figure[];
  /** How many times as many a second, and how many times less CPU, ours has to reach. */
  readonly goals?: { readonly perSecond?: number; readonly cpu?: number };
  /** Whether one of two goals is enough. */
  readonly either?: boolean;
}

/** A row of throughput and one of CPU. */
export function rowsOf({ what, over, baseline, ours, goals = {}, either = false }: Compared): readonly Row[] {
  const each = (figures: readonly Figure[], of: 'perSecond' | 'cpuMicros') => figures.map((figure) => figure[of]);
  return [
    {
      what: `${what}: throughput`,
      over,
      unit: '/s',
      better: 'more',
      baseline: each(baseline, 'perSecond'),
      ours: each(ours, 'perSecond'),
      goal: goals.perSecond,
      ...(either && { either: what }),
    },
    {
      what: `${what}: CPU`,
      over,
      unit: 'µs',
      better: 'less',
      baseline: each(baseline, 'cpuMicros'),
      ours: each(ours, 'cpuMicros'),
      goal: goals.cpu,
      ...(either && { either: what }),
    },
  ];
}

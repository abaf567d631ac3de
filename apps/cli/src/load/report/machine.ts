import { cpus, loadavg, totalmem } from 'node:os';

/** What the load was generated on; locally the system ran there too. */
export interface Machine {
  readonly cpus: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly node: string;
  /** Processes that wanted a CPU, over the minute before the first run and the last minute of the last one. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export function describeMachine(loadBefore: number): Machine {
  const found = cpus();
  return {
    cpus: found.length,
    cpu: found[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    loadBefore,
    loadAfter: currentLoad(),
  };
}

/** The load average of the last minute; 0 on Windows, which has none. */
export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** When a process that ended is started again. */
export interface RestartPolicy {
  /** The pause before the first restart in milliseconds; doubled for each further one in a row. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A process that was ready for so long counts as sound again: its next end is the first in a row. */
  readonly stableAfterMs: number;
  /** Ends in a row that make a crash loop: from then on the last lines of the log are shown. Before a process was ever ready, the start fails. */
  readonly loopAfter: number;
}

export const defaultRestartPolicy: RestartPolicy = Object.freeze({
  firstDelayMs: 250,
  maxDelayMs: 15_000,
  stableAfterMs: 30_000,
  loopAfter: 3,
});

/** The pause before a process starts again after it ended `failures` times in a row (1 and up). */
export function restartDelay(policy: RestartPolicy, failures: number): number {
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
}

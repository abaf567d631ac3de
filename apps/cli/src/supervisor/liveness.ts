import { setTimeout as pause } from 'node:timers/promises';

/** How it is known whether a process that was ready still does its work. */
export interface Liveness {
  /** Must not reject. */
  readonly isAlive: (signal: AbortSignal) => Promise<boolean>;
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number;
  /** So many looks in a row that find it not alive mean that it hangs. */
  readonly misses: number;
}

/** Looks until the process is found to hang, and answers true; false when `signal` ends the looking before. */
export async function hangs({ isAlive, everyMs, misses }: Liveness, signal: AbortSignal): Promise<boolean> {
  for (let missed = 0; missed < misses; ) {
    // Aborted while waiting: the next line sees it.
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
    missed = (await isAlive(signal)) ? 0 : missed + 1;
  }
  return !signal.aborted;
}

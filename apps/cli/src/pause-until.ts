import { setTimeout as pause } from 'node:timers/promises';

/** Timers count in 32 bits; Node.js makes a longer one ring at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Resolves when `performance.now()` has reached `time`, at the next turn of the event loop where it has already.
 * Rejects when the signal comes first.
 */
export async function pauseUntil(time: number, signal?: AbortSignal): Promise<void> {
  do {
    // Timers cut fractions off.
    const left = Math.ceil(Math.max(0, time - performance.now()));
    await pause(Math.min(left, longestTimerMs), undefined, signal && { signal });
  } while (performance.now() < time);
}

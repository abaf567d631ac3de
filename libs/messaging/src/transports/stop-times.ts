/** What a stop needs at least to hand back what still runs, and takes at most for it, in milliseconds. */
const shortestGraceMs = 1_000;
const longestGraceMs = 5_000;

/** How a stop divides its time, in milliseconds. */
export interface StopTimes {
  /** All of it. */
  readonly limitMs: number;
  /** The end of it, kept for releasing what still runs, and for closing the connection. */
  readonly graceMs: number;
}

/** Divides `drainTimeoutMs`: a fifth of it, 1 to 5 s, is kept for the end. A stop has a second at least. */
export function stopTimes(drainTimeoutMs: number): StopTimes {
  const graceMs = Math.min(Math.max(drainTimeoutMs / 5, shortestGraceMs), longestGraceMs);
  return { graceMs, limitMs: Math.max(drainTimeoutMs, graceMs) };
}

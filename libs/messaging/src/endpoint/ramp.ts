/**
 * How many deliveries there may be at a time, so long after receiving began again: 1 at first, doubled with each step,
 * up to the configured concurrency. Pure.
 */
export function rampLimit(sinceMs: number, stepMs: number, concurrency: number): number {
  return Math.min(concurrency, 2 ** Math.floor(sinceMs / stepMs));
}

/**
 * How many deliveries there may be at a time after so many steps since receiving began again: 1 at first, doubled with
 * each step, up to the configured concurrency. Pure.
 */
export function rampLimit(steps: number, concurrency: number): number {
  return Math.min(concurrency, 2 ** steps);
}

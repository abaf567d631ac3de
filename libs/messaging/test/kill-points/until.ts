import { setTimeout as pause } from 'node:timers/promises';

/** How often a condition is looked at, in milliseconds. */
const intervalMs = 10;

/**
 * Looks until the condition holds: for what gives no signal.
 * @param limitMs how long it may take, in milliseconds
 * @throws Error that names what did not come true, with the last `detail`
 */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  limitMs = 30_000,
  detail: () => string = () => '',
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}. ${detail()}`);
    await pause(intervalMs);
  }
}

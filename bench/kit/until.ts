import { setTimeout as pause } from 'node:timers/promises';

/** How long anything may take, ms: what is not there by then is lost, or something has stopped. */
const WITHIN_MS = 180_000;

/**
 * Looks every 100 ms until it is so.
 * @throws Error that names what was waited for, when it takes too long
 */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come to this: ${what}.`);
    await pause(100);
  }
}

/** @throws Error when the numbers differ */
export function expectCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, not ${expected}.`);
}

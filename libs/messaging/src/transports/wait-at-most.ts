import type { Clock } from '../clock.js';

/**
 * Waits for `work`, but no longer than `ms`. Closing a connection that has fallen silent takes the SDK a minute; what
 * still goes on after that is left alone, and its failure is ignored.
 */
export async function waitAtMost(ms: number, clock: Clock, work: Promise<void>): Promise<void> {
  let cancel = (): void => {};
  const timeout = new Promise<void>((resolve) => (cancel = clock.schedule(clock.now() + ms, resolve)));
  try {
    await Promise.race([work, timeout]);
  } finally {
    cancel();
  }
}

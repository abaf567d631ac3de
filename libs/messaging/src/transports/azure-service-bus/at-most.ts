import type { Clock } from '../../clock.js';

/**
 * Waits for `work`, but no longer than `ms`. Closing a connection that has fallen silent takes the SDK a minute; what
 * goes on after our patience is over is nobody's concern, its failure included.
 */
export async function atMost(ms: number, clock: Clock, work: Promise<void>): Promise<void> {
  let cancel = (): void => {};
  const tired = new Promise<void>((resolve) => (cancel = clock.schedule(clock.now() + ms, resolve)));
  try {
    await Promise.race([work, tired]);
  } finally {
    cancel();
  }
}

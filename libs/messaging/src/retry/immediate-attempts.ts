import type { Delivery } from '../transport.js';

/** Waits that long, or until the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Runs `work` again after its first run failed with `failure`, until it succeeds, once after each of the pauses `pausesMs`.
 * A failure that is `final`, an abort or the last failure is passed on.
 */
export async function tryAgainAtOnce(
  failure: unknown,
  pausesMs: readonly number[],
  isFinal: (error: unknown) => boolean,
  { signal }: Pick<Delivery, 'signal'>,
  pause: Pause,
  work: () => Promise<void>,
): Promise<void> {
  let last = failure;
  for (const pauseMs of pausesMs) {
    if (isFinal(last) || signal.aborted) break;
    await pause(pauseMs, signal);
    if (signal.aborted) break;
    try {
      return await work();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

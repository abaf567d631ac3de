import type { Delivery } from '../transport.js';

/** Waits that long, or until the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Runs `work` until it succeeds, once more after each of the pauses `pausesMs`. A failure that is `final`, an abort or
 * the last failure is passed on.
 */
export async function withImmediateAttempts(
  pausesMs: readonly number[],
  isFinal: (error: unknown) => boolean,
  delivery: Pick<Delivery, 'signal'>,
  pause: Pause,
  work: () => Promise<void>,
): Promise<void> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error) || delivery.signal.aborted) throw error;
      await pause(pauseMs, delivery.signal);
      if (delivery.signal.aborted) throw error;
    }
  }
  return work();
}

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `work` at once and then every so often, until the signal is aborted; what it rejects with goes to `onError`, and
 * the next run comes all the same.
 * @param everyMs from the end of one run to the start of the next, in milliseconds
 */
export async function every(
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  { signal, onError }: { readonly signal: AbortSignal; readonly onError: (error: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    await work(signal).catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

import type { Clock } from './clock.js';
import { follow } from './follow-signal.js';
import type { Delivery } from './transport.js';

/** A handler did not return within its time limit. Its attempt counts, and it may still be running. */
export class HandlerTimeoutError extends Error {
  override readonly name = 'HandlerTimeoutError';

  constructor(
    /** The limit in ms. */
    readonly timeoutMs: number,
  ) {
    super(`The handler did not return within its time limit of ${timeoutMs} ms`);
  }
}

/**
 * Runs `work` with a delivery whose signal is aborted at the limit too. At the limit it rejects, and the delivery's
 * slot stays taken until `work` really ends; what `work` still answers or throws then is of no use to anybody.
 * @throws HandlerTimeoutError at the limit
 */
export async function withinTimeLimit(
  timeoutMs: number,
  clock: Clock,
  delivery: Delivery,
  work: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  const stopFollowing = follow(delivery.signal, limit);
  const running = (async () => work({ ...delivery, signal: limit.signal }))();
  let cancel = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      running.then(resolve, reject);
      cancel = clock.schedule(clock.now() + timeoutMs, () => {
        const error = new HandlerTimeoutError(timeoutMs);
        delivery.occupied?.(running);
        limit.abort(error);
        reject(error);
      });
    });
  } finally {
    cancel();
    stopFollowing();
  }
}

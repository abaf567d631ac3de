import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.js';

/** What `setTimeout` can wait at most, in milliseconds; a longer delay would fire at once. */
const longestTimeout = 2 ** 31 - 1;

/** The machine's clock. A pending action keeps the process alive until it ran or was cancelled. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  elapsed: () => performance.now(),
  schedule(at: number, action: () => void): () => void {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const remaining = Math.max(0, at - Date.now());
      timer = remaining > longestTimeout ? setTimeout(wait, longestTimeout) : setTimeout(action, remaining);
    };
    wait();
    return () => clearTimeout(timer);
  },
});

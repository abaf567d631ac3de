import { TransportError } from '../transport.js';

/** Refuses a concurrency no transport can offer. */
export function checkConcurrency(queue: string, concurrency: number): void {
  check(queue, concurrency, 1);
}

/** Refuses a limit no transport can offer a running subscription; 0 pauses it. */
export function checkLimit(queue: string, limit: number): void {
  check(queue, limit, 0);
}

function check(queue: string, concurrency: number, least: number): void {
  if (Number.isInteger(concurrency) && concurrency >= least && concurrency <= 1000) return;
  throw new TransportError(
    'InvalidOptions',
    `The concurrency of queue "${queue}" is ${concurrency}; give a whole number from ${least} to 1,000.`,
    false,
  );
}

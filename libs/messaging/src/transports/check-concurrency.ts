import { TransportError } from '../transport.js';

/** Refuses a concurrency no transport can offer. */
export function checkConcurrency(queue: string, concurrency: number): void {
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1000) return;
  throw new TransportError(
    'InvalidOptions',
    `The concurrency of queue "${queue}" is ${concurrency}; give a whole number from 1 to 1,000.`,
    false,
  );
}

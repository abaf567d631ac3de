import type { Waiting } from './send-in-order.js';

/** A message in a memory outbox. */
export interface MemoryRow extends Waiting {
  /** Grows with every message. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

import type { TransportError } from '../transport.js';

/** What became of one batch of an outbox. */
export interface BatchResult {
  /** Messages that were read and tried. */
  readonly read: number;
  readonly sent: number;
  /** Why others were not: one error for each message that failed, and the outage. */
  readonly errors: readonly unknown[];
  /** There may be more to send at once. */
  readonly more: boolean;
  /** The destination is in trouble; absent when it is not. */
  readonly outage?: TransportError;
  /** When the first of the keys that failed now may be tried again, in milliseconds from now. */
  readonly retryInMs?: number;
}

export const emptyBatch: BatchResult = Object.freeze({ read: 0, sent: 0, errors: [], more: false });

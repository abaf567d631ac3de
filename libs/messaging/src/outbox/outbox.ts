import type { Outgoing } from '../transport.js';

/**
 * Keeps the messages that must still be sent, written in the transaction of the effect they report. Messages of one
 * ordering key leave in the order they were added; a key that fails holds back its own successors only. A message that
 * the broker will never take is set aside, see {@link OutboxBacklog.dead}. `Tx` is the store's transaction handle.
 */
export interface Outbox<Tx> {
  /** Writes the messages as part of `tx`; they are sent if and only if it commits. */
  add(tx: Tx, messages: readonly Outgoing[]): Promise<void>;
  /** What waits, for metrics and health. */
  backlog(): Promise<OutboxBacklog>;
}

export interface OutboxBacklog {
  /** Messages that wait to be sent, held ones included. */
  readonly rows: number;
  /** Age of the oldest of them in milliseconds, 0 when there is none. */
  readonly oldestAgeMs: number;
  /** Ordering keys that wait after a failure. */
  readonly heldKeys: number;
  /** Messages set aside because no repetition will help, e.g. too large for the broker. An operator has to look. */
  readonly dead: number;
}

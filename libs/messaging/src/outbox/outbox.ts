import type { Outgoing, Transport } from '../transport.js';

/**
 * Keeps the messages that must still be sent, written in the transaction of the effect they report. `Tx` is the
 * store's transaction handle.
 */
export interface Outbox<Tx> {
  /** Writes the messages as part of `tx`; they are sent if and only if it commits. */
  add(tx: Tx, messages: readonly Outgoing[]): Promise<void>;
  /**
   * Sends up to `limit` waiting messages with `send` and forgets the ones the broker has. Messages of one ordering
   * key leave in the order they were added; a key that fails holds back its own successors only. Returns how many left.
   */
  drain(limit: number, send: Transport['send']): Promise<number>;
  /** How many wait, and the age of the oldest in milliseconds (0 when none). */
  backlog(): Promise<OutboxBacklog>;
}

export interface OutboxBacklog {
  readonly rows: number;
  readonly oldestAgeMs: number;
}

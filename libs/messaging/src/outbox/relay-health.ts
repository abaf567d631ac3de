import type { TransportErrorCode } from '../transport.js';

/** Moves an outbox to the broker for as long as it runs. */
export interface Relay {
  /** There may be something to send; the messaging's `wake()` calls it. */
  wake(): void;
  health(): RelayHealth;
  /** Finishes the batches in flight and gives its buckets to the others. Safe to call twice. */
  stop(): Promise<void>;
}

export interface RelayHealth {
  /** `degraded`: the database or a destination is in trouble; messages wait in the outbox and nothing is lost. */
  readonly state: 'running' | 'degraded' | 'stopped';
  /** Buckets it works on now, of 16 that all relays of the outbox share. */
  readonly buckets: number;
  /** The destinations that are not sent to now, but for a probe; absent when there is none. */
  readonly troubles?: readonly DestinationTrouble[];
  /** The last error, for people; absent while running. */
  readonly detail?: string;
}

/** A destination that takes nothing at the moment. Its messages wait, those to others go on. */
export interface DestinationTrouble {
  /** e.g. `queue orders`. */
  readonly destination: string;
  /** What the broker says; `Timeout` when it does not answer. */
  readonly code: TransportErrorCode;
  /** For people. */
  readonly detail: string;
  /** How long it has lasted, in milliseconds. */
  readonly forMs: number;
}

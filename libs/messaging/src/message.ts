import type { Envelope } from './envelope.js';

/** An envelope whose body was read by its contract, brought up to the contract's latest version. */
export interface Message<T = unknown> {
  /** Identifies the message for ever: give it to the inbox. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly payload: T;
  /** What it is ordered by; for order messages the order id. */
  readonly orderingKey?: string;
  /** What travelled, as it was. */
  readonly envelope: Envelope;
}

import type { NativeMessage } from '../../native-message.js';

/** A message in a queue. Its place is its sequence number, which a delivery does not change. */
export interface StoredMessage {
  readonly native: NativeMessage;
  readonly sequence: number;
  readonly enqueuedAt: number;
  /** Deliveries that ended without the message being settled for good. */
  readonly deliveryCount: number;
}

export interface DeadMessage extends StoredMessage {
  readonly reason: string;
  readonly detail: string;
}

/** A message handed to a consumer, who alone may settle it until `expiresAt`. */
export interface Lock {
  readonly message: StoredMessage;
  expiresAt: number;
}

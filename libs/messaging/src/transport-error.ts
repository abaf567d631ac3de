/** Why a broker could not do what it was asked. Stable: programs compare them. */
export type TransportErrorCode =
  // The same call will not succeed: do something else.
  | 'QueueNotFound'
  | 'TopicNotFound'
  | 'Unauthorized'
  | 'MessageTooLarge'
  /** The broker, or its client, refuses this message for what it is: a header, a property, a key. */
  | 'InvalidMessage'
  | 'InvalidOptions'
  | 'InvalidTopology'
  | 'Closed'
  // Try again later.
  | 'Unreachable'
  | 'Timeout'
  | 'Busy'
  | 'QueueFull'
  | 'EntityDisabled'
  // The receiver is being replaced.
  | 'Stalled'
  // The message is delivered again.
  | 'SettlementFailed'
  | 'ConsumerRejected'
  | 'LockLost'
  // Anything else.
  | 'BrokerError';

/** A broker could not do what it was asked. `retryable` says whether the same call may succeed later. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly code: TransportErrorCode,
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

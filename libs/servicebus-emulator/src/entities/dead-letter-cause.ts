import type { PropertyChanges } from '../codec/application-properties.js';

/** Why a message is dead-lettered: becomes two application properties, besides those of the receiver. */
export interface DeadLetterCause {
  readonly reason: string | undefined;
  readonly description: string | undefined;
  readonly properties?: PropertyChanges | undefined;
}

/** A message lived as long as it may, and its entity keeps such messages. */
export const EXPIRED: DeadLetterCause = {
  reason: 'TTLExpiredException',
  description: 'The message expired and was dead lettered.',
};

/** A rule's action made the message's properties larger than they may be. */
export const HEADER_TOO_LARGE: DeadLetterCause = {
  reason: 'HeaderSizeExceeded',
  description: 'The size quota for this stream has been exceeded.',
};

/** A message in no session came to where sessions are required. */
export const NO_SESSION: DeadLetterCause = {
  reason: 'Session ID is null.',
  description: "Session enabled entity doesn't allow a message whose session identifier is null.",
};

/** A message was delivered in vain as often as it may be. */
export function tooManyDeliveries(count: number): DeadLetterCause {
  return {
    reason: 'MaxDeliveryCountExceeded',
    description: `Message could not be consumed after ${count} delivery attempts.`,
  };
}

/** A message was forwarded as often as it may be. */
export function tooManyHops(max: number): DeadLetterCause {
  return {
    reason: 'MaxTransferHopCountExceeded',
    description: `The maximum number of allowed hops when forwarding between queues has been exceeded. This value is set to ${max}.`,
  };
}

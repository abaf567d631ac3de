import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Settlement } from '../../transport.js';
import { type DeliveryState, fromNative, nextRound, releasesProperty, toNative } from '../../wire.js';
import { brokerFacts, fromServiceBusMessage, toServiceBusMessage } from './native-message.js';
import type { Sending } from './sending.js';

/** The longest reason and the longest description the broker takes, in characters. */
const maxReasonLength = 4096;

/** One message to settle, where it was received. */
export interface Received {
  readonly message: ServiceBusReceivedMessage;
  readonly receiver: ServiceBusReceiver;
  readonly queue: string;
  readonly state: DeliveryState;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Applies a settlement; rejects when the broker refused it, mostly because the lock was lost. */
export async function settle(settlement: Settlement, received: Received, sending: Sending): Promise<void> {
  const { message, receiver } = received;
  switch (settlement.kind) {
    case 'complete':
      return receiver.completeMessage(message);
    case 'release':
      return release(receiver, message, received.state);
    case 'retry':
      return retryLater(settlement.delayMs, received, sending);
    case 'dead-letter':
      return receiver.deadLetterMessage(message, {
        ...identity(message, received.queue),
        deadLetterReason: settlement.reason.slice(0, maxReasonLength),
        deadLetterErrorDescription: settlement.detail.slice(0, maxReasonLength),
      });
  }
}

/** Hands a message back; the broker counts a delivery, the property takes it off the attempts again. */
export async function release(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  state: DeliveryState,
): Promise<void> {
  await receiver.abandonMessage(message, { [releasesProperty]: state.releases + 1 });
}

/**
 * Schedules a copy to this queue, then completes the original. Dying in between leaves both: the original is delivered
 * again and makes an equal copy, which duplicate detection drops.
 */
async function retryLater(delayMs: number, received: Received, sending: Sending): Promise<void> {
  const { message, receiver, queue, state, attempt, now } = received;
  const { envelope } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
  const deliverAt = delayMs > 0 ? new Date(now + delayMs) : undefined;
  const copy = toServiceBusMessage(toNative(envelope, nextRound(state, attempt)), deliverAt);
  await sending.send({ queue }, [copy]);
  await receiver.completeMessage(message);
}

/** A message that came without an id keeps the one we gave it: its place in the queue does not follow it everywhere. */
function identity(message: ServiceBusReceivedMessage, queue: string): Readonly<Record<string, string>> {
  const { envelope } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
  const hasId = message.applicationProperties?.['cloudEvents_id'] !== undefined || message.messageId !== undefined;
  return hasId ? {} : { cloudEvents_id: envelope.id };
}

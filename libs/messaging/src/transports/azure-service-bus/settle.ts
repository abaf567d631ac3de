import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Settlement } from '../../transport.js';
import { type DeliveryState, fromNative, nextRound, releasesProperty, toNative } from '../../native-message.js';
import { brokerFacts, fromServiceBusMessage, toServiceBusMessage } from './service-bus-message.js';
import type { SenderConnection } from './sender-connection.js';
import type { Outcome } from './settlement-turns.js';

/** The longest reason and the longest description the broker takes, in characters. */
const maxReasonLength = 4096;

/** One message to settle. */
export interface Received {
  readonly message: ServiceBusReceivedMessage;
  readonly queue: string;
  readonly state: DeliveryState;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Where the message was received: runs a settlement there. */
export interface SettlesMessages {
  settle(outcome: Outcome, send: (receiver: ServiceBusReceiver) => Promise<void>): Promise<void>;
}

/** Applies a settlement; rejects when the broker refused it, mostly because the lock was lost. */
export async function settle(
  settlement: Settlement,
  received: Received,
  where: SettlesMessages,
  sender: SenderConnection,
): Promise<void> {
  const { message } = received;
  switch (settlement.kind) {
    case 'complete':
      return where.settle('complete', (receiver) => receiver.completeMessage(message));
    case 'release':
      return where.settle('other', (receiver) => release(receiver, message, received.state));
    case 'retry':
      await scheduleCopy(settlement.delayMs, received, sender);
      return where.settle('complete', (receiver) => receiver.completeMessage(message));
    case 'dead-letter': {
      const reasons = {
        ...idIfMissing(message, received.queue),
        deadLetterReason: settlement.reason.slice(0, maxReasonLength),
        deadLetterErrorDescription: settlement.detail.slice(0, maxReasonLength),
      };
      return where.settle('other', (receiver) => receiver.deadLetterMessage(message, reasons));
    }
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
 * Schedules the copy that is the next round. The original is completed after that: dying in between leaves both, the
 * original is delivered again and makes an equal copy, which duplicate detection drops.
 */
async function scheduleCopy(delayMs: number, received: Received, sender: SenderConnection): Promise<void> {
  const { message, queue, state, attempt, now } = received;
  const { envelope } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
  const deliverAt = delayMs > 0 ? new Date(now + delayMs) : undefined;
  await sender.send({ queue }, [toServiceBusMessage(toNative(envelope, nextRound(state, attempt)), deliverAt)]);
}

/** A message that came without an id keeps the one we gave it: its place in the queue does not follow it everywhere. */
function idIfMissing(message: ServiceBusReceivedMessage, queue: string): Readonly<Record<string, string>> {
  const { envelope } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
  const hasId = message.applicationProperties?.['cloudEvents_id'] !== undefined || message.messageId !== undefined;
  return hasId ? {} : { cloudEvents_id: envelope.id };
}

import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import type { Envelope } from '../../envelope.js';
import {
  attemptOf,
  type Death,
  type DeliveryState,
  nextRound,
  releasedCopy,
  unsettledOf,
} from '../../delivery-state.js';
import { consumerVersionProperty, fromNative, releasesProperty } from '../../native-message.js';
import type { Settlement } from '../../transport.js';
import { isReleasedAsCopy } from '../release-as-copy.js';
import type { Place } from '../../linked-list.js';
import type { BrokerTime } from './broker-time.js';
import { retryCopy } from './copies.js';
import type { CountedDelivery, DeliveryLink, KeptDelivery } from './delivery-link.js';
import type { Sendable } from './encoded-message.js';
import type { SenderConnection } from './sender-connection.js';
import { refusalOf, type Refusal } from './refusal.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import type { Outcome } from './settlement-turns.js';
import { translateError } from './translate-error.js';

/** The longest reason and the longest description the broker takes, in characters. */
const maxReasonLength = 4096;

/** A message as it was received, and the link it came on. */
export interface Received {
  readonly message: ServiceBusReceivedMessage;
  readonly link: DeliveryLink;
  readonly brokerTime: BrokerTime;
  /** Its place on the link. */
  readonly delivery: Place<CountedDelivery>;
  readonly envelope: Envelope;
  readonly state: DeliveryState;
  readonly attempt: number;
  readonly unsettled: number;
}

/** Reads what the SDK handed over, and counts it on its link; never throws. */
export function read(
  message: ServiceBusReceivedMessage,
  { link, brokerTime, queue, inSession = false }: Reading,
): Received {
  const { envelope, state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
  const deliveryCount = message.deliveryCount ?? 0;
  if (!inSession) outsideSessions(message);
  return {
    message,
    link,
    brokerTime,
    delivery: link.deliver((message as HasDelivery).delivery),
    envelope,
    state,
    attempt: attemptOf(state, deliveryCount),
    unsettled: unsettledOf(state, deliveryCount),
  };
}

/** Where the SDK keeps what rhea knows of a delivery: not published. */
interface HasDelivery {
  readonly delivery?: KeptDelivery;
}

interface Reading extends Pick<Received, 'link' | 'brokerTime'> {
  readonly queue: string;
  /** Whether it was received by its session; false by default. */
  readonly inSession?: boolean;
}

/**
 * Takes the session id off a message. The SDK (7.9.5, `settleMessageOperation`) takes whatever has one for a message of a
 * held session, and refuses to settle it once its link is gone; in a queue without sessions its own lock lives on.
 */
function outsideSessions(message: { sessionId?: string | undefined }): void {
  if (message.sessionId !== undefined) message.sessionId = undefined;
}

interface SettlerOptions {
  readonly queue: string;
  readonly sender: SenderConnection;
  readonly clock: Clock;
  /** The queue's own limit of deliveries. */
  readonly maxDeliveryCount: number;
}

type Release = Extract<Settlement, { kind: 'release' }>;

/** The one place that settles what a queue delivered. */
export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Applies a settlement; rejects when the broker refused it, mostly because the lock was lost. */
  async settle(settlement: Settlement, received: Received): Promise<void> {
    const { state, attempt } = received;
    switch (settlement.kind) {
      case 'complete':
        return this.#complete(received);
      case 'release':
        return this.#release(received, settlement);
      case 'retry':
        return this.#goOnAsCopy(received, nextRound(state, attempt, settlement.reason), settlement.delayMs);
      case 'dead-letter':
        return this.#deadLetter(received, settlement);
    }
  }

  /**
   * Settles a delivery whose lock we believe lost: the broker may see that otherwise, and a link falls silent over what
   * is never settled on it. Work that was committed is completed; anything else goes back and counts as an attempt. A
   * copy or a dead letter might be a second one. True when the broker took it; a refusal is to be expected.
   */
  async settleWithoutLock({ kind }: Settlement, { message, link, delivery }: Received): Promise<boolean> {
    const isComplete = kind === 'complete';
    try {
      return await link.settle(
        isComplete ? 'complete' : 'other',
        (receiver) => (isComplete ? receiver.completeMessage(message) : receiver.abandonMessage(message)),
        delivery,
      );
    } catch (error) {
      if (translateError(error, 'settle').code === 'LockLost') return false;
      throw error;
    }
  }

  #complete(received: Received): Promise<void> {
    return this.#onLink(received, 'complete', (receiver) => receiver.completeMessage(received.message));
  }

  /** Hands a message back; for later, or when the broker would soon give it up, as a copy that is counted anew. */
  async #release(received: Received, { delayMs = 0, isolate }: Release): Promise<void> {
    const { message, state } = received;
    const deliveryCount = message.deliveryCount ?? 0;
    if (delayMs > 0 || isReleasedAsCopy(deliveryCount, this.#options.maxDeliveryCount)) {
      return this.#goOnAsCopy(received, releasedCopy(state, deliveryCount, isolate), delayMs);
    }
    await this.#onLink(received, 'other', (receiver) => release(receiver, message, state));
  }

  /**
   * Sends the copy that is the next round. The original is completed after that: dying in between leaves both, the
   * original is delivered again and makes an equal copy, which duplicate detection drops. What cannot go on as a copy is
   * dead-lettered now: trying again would end the same.
   */
  async #goOnAsCopy(received: Received, state: DeliveryState, delayMs: number): Promise<void> {
    const { clock } = this.#options;
    const deliverAt = delayMs > 0 ? clock.now() + delayMs : undefined;
    const copy = retryCopy(received, state, { delayMs, brokerNow: received.brokerTime.now(), deliverAt });
    const refusal = copy === 'expired' ? expired(delayMs) : await this.#send(copy);
    return refusal === undefined ? this.#complete(received) : this.#deadLetter(received, refusal);
  }

  async #send(copy: Sendable): Promise<Refusal | undefined> {
    try {
      await this.#options.sender.send({ queue: this.#options.queue }, [copy]);
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  /** A reason that does not fit beside what the message holds goes without its description. */
  async #deadLetter(received: Received, { reason, detail, consumerVersion }: Death): Promise<void> {
    const deadLetterReason = reason.slice(0, maxReasonLength);
    const deadLetter = (deadLetterErrorDescription: string): Promise<void> =>
      this.#onLink(received, 'other', (receiver) =>
        receiver.deadLetterMessage(received.message, {
          ...idIfMissing(received),
          ...(consumerVersion !== undefined && { [consumerVersionProperty]: consumerVersion }),
          deadLetterReason,
          deadLetterErrorDescription,
        }),
      );
    try {
      await deadLetter(detail.slice(0, maxReasonLength));
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      await deadLetter('');
    }
  }

  /** Settles where the message came from, or over the sender connection when that is gone: its lock outlives it. */
  async #onLink(
    { link, delivery }: Received,
    outcome: Outcome,
    send: (receiver: ServiceBusReceiver) => Promise<void>,
  ): Promise<void> {
    if (await link.settle(outcome, send, delivery)) return;
    await this.#options.sender.use(async (client) => {
      const receiver = client.createReceiver(this.#options.queue, { maxAutoLockRenewalDurationInMs: 0 });
      await send(receiver);
      await receiver.close();
    });
  }
}

function expired(delayMs: number): Refusal {
  const detail = `Its time to live ends before it could be delivered again, ${delayMs} ms from now.`;
  return { reason: 'Expired', detail };
}

/** Hands a message back; the broker counts a delivery, the property takes it off the attempts again. */
export async function release(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  state: DeliveryState,
): Promise<void> {
  await receiver.abandonMessage(message, { [releasesProperty]: state.releases + 1 });
}

/** A message that came without an id keeps the one we gave it: its place in the queue does not follow it everywhere. */
function idIfMissing({ message, envelope }: Received): Readonly<Record<string, string>> {
  const hasId = message.applicationProperties?.['cloudEvents_id'] !== undefined || message.messageId !== undefined;
  return hasId ? {} : { cloudEvents_id: envelope.id };
}

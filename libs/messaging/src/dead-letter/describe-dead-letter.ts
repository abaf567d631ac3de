import { attemptOf } from '../delivery-state.js';
import { type BrokerFacts, consumerVersionProperty, fromNative, type ReceivedMessage } from '../native-message.js';
import type { DeadLetter, WholeDeadLetter } from './dead-letters.js';

/** How much of a body a preview shows, in bytes. */
const previewBytes = 512;
/** The broker's own reason: here its count includes the delivery that failed last. */
const deliveredTooOften = 'MaxDeliveryCountExceeded';

/** What a broker knows of a dead letter beside the message. */
interface DeadLetterFacts extends BrokerFacts {
  readonly place: string;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  /** The broker's count of deliveries of this copy: those before the one that was dead-lettered. */
  readonly deliveryCount: number;
  /** Who gave it up, where the message itself does not say. */
  readonly consumerVersion?: unknown;
}

/** A dead letter as an operator sees it. */
export function describeDeadLetter(native: ReceivedMessage, facts: DeadLetterFacts): DeadLetter {
  return readDeadLetter(native, facts).letter;
}

/** The same, with the message itself. */
export function readDeadLetter(native: ReceivedMessage, facts: DeadLetterFacts): WholeDeadLetter {
  const { envelope, state } = fromNative(native, facts);
  const earlier = facts.reason === deliveredTooOften ? facts.deliveryCount - 1 : facts.deliveryCount;
  const letter: DeadLetter = {
    id: envelope.id,
    place: facts.place,
    type: envelope.type,
    version: envelope.version,
    reason: facts.reason ?? '',
    detail: facts.detail ?? '',
    enqueuedAt: facts.enqueuedAt,
    attempt: attemptOf(state, earlier),
    generation: state.generation,
    ...(state.firstFailure === undefined ? {} : { firstFailure: state.firstFailure }),
    ...consumerVersionOf(facts.consumerVersion ?? native.applicationProperties?.[consumerVersionProperty]),
    ...(envelope.correlationId === undefined ? {} : { correlationId: envelope.correlationId }),
    ...(envelope.orderingKey === undefined ? {} : { orderingKey: envelope.orderingKey }),
    size: envelope.body.byteLength,
    preview: new TextDecoder().decode(envelope.body.subarray(0, previewBytes)),
  };
  return { letter, envelope };
}

function consumerVersionOf(version: unknown): Pick<DeadLetter, 'consumerVersion'> {
  return typeof version === 'string' && version !== '' ? { consumerVersion: version } : {};
}

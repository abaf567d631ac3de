import { encodeProperty, withApplicationProperties } from '../codec/application-properties.js';
import { MessageView } from '../codec/message-view.js';
import type { IncomingMessage } from '../codec/read-message.js';
import type { DeadLetterCause } from './dead-letter-cause.js';
import type { MessageContent, MessageState, StoredMessage } from '../message.js';

/** A message on its way, with what it brings along from where it was before. */
export interface Journey {
  readonly content: MessageContent;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly scheduledFor: number | undefined;
  readonly hops: number;
  /** Undefined until the message entered its first entity. */
  readonly enqueuedSequenceNumber: number | undefined;
  readonly deadLetterSource: string | undefined;
}

/** A message that a client sent begins its way. */
export function startJourney({ content, messageId, sessionId, scheduledFor }: IncomingMessage): Journey {
  return {
    content,
    messageId,
    sessionId,
    scheduledFor,
    hops: 0,
    enqueuedSequenceNumber: undefined,
    deadLetterSource: undefined,
  };
}

/** A message goes on from where it is. */
export function asJourney(message: StoredMessage): Journey {
  const { content, sessionId, hops, enqueuedSequenceNumber, deadLetterSource, scheduledFor } = message;
  const messageId = String(new MessageView(message).system('messageId') ?? '');
  return { content, sessionId, hops, enqueuedSequenceNumber, deadLetterSource, scheduledFor, messageId };
}

/** The message as an entity holds it. @param sequenceNumber what it will be there, where it begins its journey there */
export function stored(
  journey: Journey,
  now: number,
  sequenceNumber: number,
  state: MessageState = 'active',
  expiresAt?: number,
): Omit<StoredMessage, 'sequenceNumber'> {
  return {
    enqueuedSequenceNumber: journey.enqueuedSequenceNumber ?? sequenceNumber,
    enqueuedAt: now,
    expiresAt,
    deliveryCount: 0,
    state,
    scheduledFor: journey.scheduledFor,
    sessionId: journey.sessionId,
    deadLetterSource: journey.deadLetterSource,
    hops: journey.hops,
    content: journey.content,
  };
}

/** The content with a cause of dead-lettering written into its properties. */
export function withCause(
  content: MessageContent,
  { reason, description, properties }: DeadLetterCause,
): MessageContent {
  const changes = new Map(properties);
  if (reason !== undefined) changes.set('DeadLetterReason', encodeProperty(reason));
  if (description !== undefined) changes.set('DeadLetterErrorDescription', encodeProperty(description));
  return { ...content, bare: withApplicationProperties(content.bare, changes) };
}

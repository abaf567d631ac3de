import { encodeProperty, withApplicationProperties } from '../codec/application-properties.js';
import { MessageView } from '../codec/message-view.js';
import type { IncomingMessage } from '../codec/read-message.js';
import type { DeadLetterCause } from './dead-letter-cause.js';
import type { MessageContent, MessageState, StoredMessage } from '../message.js';

/** A message that is being routed, with what it keeps from where it was before. */
export interface RoutedMessage {
  readonly content: MessageContent;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly scheduledFor: number | undefined;
  readonly hops: number;
  /** Undefined until the message entered its first entity. */
  readonly enqueuedSequenceNumber: number | undefined;
  readonly deadLetterSource: string | undefined;
}

/** A message that a client sent. */
export function routedFromClient({ content, messageId, sessionId, scheduledFor }: IncomingMessage): RoutedMessage {
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

/** A message that goes on from the queue it is in. */
export function routedFromQueue(message: StoredMessage): RoutedMessage {
  const { content, sessionId, hops, enqueuedSequenceNumber, deadLetterSource, scheduledFor } = message;
  const messageId = String(new MessageView(message).system('messageId') ?? '');
  return { content, sessionId, hops, enqueuedSequenceNumber, deadLetterSource, scheduledFor, messageId };
}

/**
 * The message as an entity holds it.
 * @param sequenceNumber its number there, which stays its first one where it entered the namespace there
 */
export function toStored(
  routed: RoutedMessage,
  now: number,
  sequenceNumber: number,
  state: MessageState = 'active',
  expiresAt?: number,
): Omit<StoredMessage, 'sequenceNumber'> {
  return {
    enqueuedSequenceNumber: routed.enqueuedSequenceNumber ?? sequenceNumber,
    enqueuedAt: now,
    expiresAt,
    deliveryCount: 0,
    state,
    scheduledFor: routed.scheduledFor,
    sessionId: routed.sessionId,
    deadLetterSource: routed.deadLetterSource,
    hops: routed.hops,
    content: routed.content,
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

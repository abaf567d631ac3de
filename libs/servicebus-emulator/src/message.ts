/**
 * What a message carries, apart from what the broker notes about it. Immutable, and shared by all copies of a message:
 * the subscriptions of a topic point at one content.
 */
export interface MessageContent {
  /**
   * The sections properties, application-properties, body and footer, byte for byte as the sender encoded them. A
   * copy, never a slice of what was read from a socket.
   */
  readonly bare: Buffer;
  /** The sender's own message annotations: AMQP key, value, key, value …, without the broker's `x-opt-…`. */
  readonly annotations: Buffer;
  /** The header's `durable` and `first-acquirer` as the sender wrote them; undefined when it did not. */
  readonly durable: boolean | undefined;
  readonly firstAcquirer: boolean | undefined;
  /** The header's priority; 4 by default. */
  readonly priority: number;
  /** How long the sender wants the message to live, in ms; undefined for as long as the entity allows. */
  readonly timeToLive: number | undefined;
  /** Annotation `x-opt-partition-key`. */
  readonly partitionKey: string | undefined;
}

export type MessageState = 'active' | 'deferred' | 'scheduled';

/** A message in a queue, a subscription or a dead-letter queue. Times are ms since 1970. */
export interface StoredMessage {
  /** From 1, increasing by 1 with every message of the entity, never used twice. */
  readonly sequenceNumber: number;
  /** The number the message got where it first entered the namespace. */
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: number;
  /** Undefined when the message never expires. */
  readonly expiresAt: number | undefined;
  /** Failed deliveries so far: 0 before the first abandon or lost lock. */
  readonly deliveryCount: number;
  readonly state: MessageState;
  /** When a scheduled message becomes active. Kept afterwards, as Azure does. */
  readonly scheduledFor: number | undefined;
  /** The group-id; undefined for a message outside any session. */
  readonly sessionId: string | undefined;
  /** The path the message was dead-lettered from, once it was forwarded from a dead-letter queue. */
  readonly deadLetterSource: string | undefined;
  /** How often the message was forwarded; Azure allows 4. */
  readonly hops: number;
  readonly content: MessageContent;
}

/** Bytes a message counts against its entity's size. */
export function sizeOf(content: MessageContent): number {
  return content.bare.length + content.annotations.length;
}

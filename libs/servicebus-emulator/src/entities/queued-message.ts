import type { MessageContent, MessageState, StoredMessage } from '../message.js';
import type { Timer } from './timer-queue.js';

/** A receiver's hold on a message. */
interface MessageLock {
  /** Unique among the locks of this broker, never used twice. */
  readonly id: number;
  /** Ms since 1970. */
  until: number;
}

interface MessageOwner {
  timerFired(message: QueuedMessage, now: number): void;
}

/**
 * A message in a queue. It waits for one moment at a time: a locked one for the end of its lock, a scheduled one for
 * its time, an available one for its expiry.
 */
export class QueuedMessage implements StoredMessage, Timer {
  readonly sequenceNumber: number;
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number | undefined;
  deliveryCount: number;
  state: MessageState;
  readonly scheduledFor: number | undefined;
  readonly sessionId: string | undefined;
  readonly deadLetterSource: string | undefined;
  readonly hops: number;
  content: MessageContent;
  lock: MessageLock | undefined = undefined;
  dueAt = 0;
  heapIndex = -1;
  readonly #owner: MessageOwner;

  constructor(owner: MessageOwner, message: Omit<StoredMessage, 'sequenceNumber'>, sequenceNumber: number) {
    this.#owner = owner;
    this.sequenceNumber = sequenceNumber;
    this.enqueuedSequenceNumber = message.enqueuedSequenceNumber;
    this.enqueuedAt = message.enqueuedAt;
    this.expiresAt = message.expiresAt;
    this.deliveryCount = message.deliveryCount;
    this.state = message.state;
    this.scheduledFor = message.scheduledFor;
    this.sessionId = message.sessionId;
    this.deadLetterSource = message.deadLetterSource;
    this.hops = message.hops;
    this.content = message.content;
  }

  /** What is remembered of the message: all but its lock. */
  get stored(): StoredMessage {
    const { sequenceNumber, enqueuedSequenceNumber, enqueuedAt, expiresAt, deliveryCount, state } = this;
    const { scheduledFor, sessionId, deadLetterSource, hops, content } = this;
    const numbers = { sequenceNumber, enqueuedSequenceNumber, enqueuedAt, expiresAt, deliveryCount, scheduledFor };
    return { ...numbers, state, sessionId, deadLetterSource, hops, content };
  }

  fire(now: number): void {
    this.#owner.timerFired(this, now);
  }
}

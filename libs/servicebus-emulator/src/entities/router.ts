import { DecodeError } from '../codec/decode-error.js';
import { MessageView } from '../codec/message-view.js';
import type { IncomingMessage } from '../codec/read-message.js';
import { FilterError, type NewId } from '../rules/index.js';
import { checkSend, refusalToForward } from './admission.js';
import type { Source, SubQueues, SubscriptionEntity, Target, TopicEntity } from './entity.js';
import { checkHeader, checkMessage, problemOfHeader } from './check-message.js';
import { routedFromQueue, type RoutedMessage, routedFromClient, toStored, withCause } from './routed-message.js';
import { type DeadLetterCause, HEADER_TOO_LARGE, NO_SESSION } from './dead-letter-cause.js';
import type { StoredMessage } from '../message.js';
import type { MessageQueue } from './message-queue.js';
import { FOREVER } from './options.js';
import type { RuleMatch } from './rule-set.js';
import { changedContent } from './rule-changes.js';
import { UnitOfWork } from './unit-of-work.js';

interface RouterPorts {
  readonly find: (path: string) => Target | undefined;
  readonly newId: NewId;
  /** Whether what a queue holds is still being sent on. */
  readonly isMoving: (queue: MessageQueue) => boolean;
}

/** Decides where messages go: into queues, through rules into subscriptions, and on from there. */
export class Router {
  readonly #ports: RouterPorts;

  constructor(ports: RouterPorts) {
    this.#ports = ports;
  }

  /**
   * Routes messages a client sent, all or none.
   * @returns the unit of work, and the sequence number each message got in `target`
   * @throws BrokerError when the entity refuses one of them
   */
  send(
    target: Target,
    messages: readonly IncomingMessage[],
    now: number,
  ): { unit: UnitOfWork; sequenceNumbers: number[] } {
    for (const message of messages) checkMessage(message);
    checkSend(target, messages);
    const unit = new UnitOfWork();
    try {
      const sequenceNumbers = messages.map((message) => this.#enter(target, routedFromClient(message), unit, now));
      target.lifecycle.touch(now);
      return { unit, sequenceNumbers };
    } catch (error) {
      // What was not taken must not count as seen when it is sent again.
      unit.rollBack();
      throw error;
    }
  }

  /** Routes a scheduled message whose time has come, out of `target`. */
  activate(target: Target, message: StoredMessage, now: number): UnitOfWork {
    const unit = new UnitOfWork();
    this.#place(target, { ...routedFromQueue(message), scheduledFor: message.scheduledFor }, unit, now);
    return unit;
  }

  /** Routes a message out of a queue or subscription to where that forwards. */
  forward(source: Source, message: StoredMessage, now: number): UnitOfWork {
    const unit = new UnitOfWork();
    this.#sendOn(source, routedFromQueue(message), unit, now);
    return unit;
  }

  /**
   * Routes a message to where its source's dead letters go.
   * @throws BrokerError argument-error when its receiver's properties make the message's too large
   */
  deadLetter(source: Source, message: StoredMessage, cause: DeadLetterCause, now: number): UnitOfWork {
    const unit = new UnitOfWork();
    const content = withCause(message.content, cause);
    if (cause.properties) checkHeader(content);
    const forwardTo = source.options.forwardDeadLetteredMessagesTo;
    const routed = { ...routedFromQueue(message), content };
    const { deliveryCount, enqueuedAt, deadLetterSource } = message;
    if (forwardTo !== undefined) {
      const onward = { ...routed, deadLetterSource: source.path };
      this.#forward(source, forwardTo, onward, unit, now, { deliveryCount, enqueuedAt, deadLetterSource });
      return unit;
    }
    this.#addToDeadLetters(source, routed, unit, { deliveryCount, enqueuedAt });
    return unit;
  }

  /** Duplicate detection, then the schedule, then the entity itself. */
  #enter(target: Target, routed: RoutedMessage, unit: UnitOfWork, now: number): number {
    const isScheduled = routed.scheduledFor !== undefined && routed.scheduledFor > now;
    if (isDuplicate(target, routed, unit, now)) {
      // A sender that schedules gets a number to cancel by, which must not be another message's.
      return isScheduled ? useNumber(target.main, unit) : 0;
    }
    if (isScheduled) {
      const message = target.main.prepare(toStored(routed, now, target.main.lastSequenceNumber + 1, 'scheduled'));
      unit.enqueue(target.main, message);
      return message.sequenceNumber;
    }
    return this.#place(target, routed, unit, now);
  }

  #place(target: Target, routed: RoutedMessage, unit: UnitOfWork, now: number): number {
    if (target.kind === 'topic') return this.#publish(target, routed, unit, now);
    return this.#deliver(target, routed, unit, now);
  }

  #publish(topic: TopicEntity, routed: RoutedMessage, unit: UnitOfWork, now: number): number {
    const sequenceNumber = useNumber(topic.main, unit);
    const entered = { ...routed, enqueuedSequenceNumber: routed.enqueuedSequenceNumber ?? sequenceNumber };
    const view = new MessageView({ ...toStored(entered, now, sequenceNumber), sequenceNumber });
    for (const subscription of topic.subscriptions.values()) {
      for (const copy of this.#copies(subscription, view, entered, unit)) {
        this.#deliver(subscription, copy, unit, now, topic.options.defaultMessageTimeToLive);
      }
    }
    return sequenceNumber;
  }

  #copies(
    subscription: SubscriptionEntity,
    view: MessageView,
    routed: RoutedMessage,
    unit: UnitOfWork,
  ): readonly RoutedMessage[] {
    let matches: readonly RuleMatch[];
    try {
      matches = subscription.rules.match(view, this.#ports.newId);
    } catch (error) {
      if (!(error instanceof FilterError || error instanceof DecodeError)) throw error;
      if (!subscription.options.deadLetteringOnFilterEvaluationExceptions) return [];
      const cause = { reason: 'FilterEvaluationException', description: error.message };
      this.#addToDeadLetters(subscription, { ...routed, content: withCause(routed.content, cause) }, unit);
      return [];
    }
    return matches.flatMap(({ changed }) => {
      if (!changed) return [routed];
      const copy = { ...routed, ...changedContent(routed.content, routed.sessionId, changed) };
      if (!problemOfHeader(copy.content)) return [copy];
      this.#addToDeadLetters(subscription, { ...routed, content: withCause(routed.content, HEADER_TOO_LARGE) }, unit);
      return [];
    });
  }

  /** Into a queue or subscription, or on to where it forwards. */
  #deliver(source: Source, routed: RoutedMessage, unit: UnitOfWork, now: number, topicTimeToLive = FOREVER): number {
    const { options, main } = source;
    if (options.forwardTo !== undefined && !this.#ports.isMoving(main)) {
      return this.#sendOn(source, routed, unit, now);
    }
    if (options.requiresSession && routed.sessionId === undefined) {
      this.#addToDeadLetters(source, { ...routed, content: withCause(routed.content, NO_SESSION) }, unit);
      return 0;
    }
    const timeToLive = Math.min(
      routed.content.timeToLive ?? FOREVER,
      options.defaultMessageTimeToLive,
      topicTimeToLive,
    );
    const expiresAt = timeToLive >= FOREVER ? undefined : now + timeToLive;
    const message = main.prepare(toStored(routed, now, main.lastSequenceNumber + 1, 'active', expiresAt));
    unit.enqueue(main, message);
    return message.sequenceNumber;
  }

  /** On to where a queue or subscription forwards. */
  #sendOn(source: Source, routed: RoutedMessage, unit: UnitOfWork, now: number): number {
    const sequenceNumber = useNumber(source.main, unit);
    const enqueuedSequenceNumber = routed.enqueuedSequenceNumber ?? sequenceNumber;
    const { forwardTo } = source.options;
    if (forwardTo !== undefined) this.#forward(source, forwardTo, { ...routed, enqueuedSequenceNumber }, unit, now);
    return sequenceNumber;
  }

  /** @param kept what the message keeps when it cannot be forwarded, and is dead-lettered here */
  #forward(
    source: SubQueues,
    to: string,
    routed: RoutedMessage,
    unit: UnitOfWork,
    now: number,
    kept: Partial<StoredMessage> = { enqueuedAt: now },
  ): void {
    const target = this.#ports.find(to);
    const onward = { ...routed, hops: routed.hops + 1, scheduledFor: undefined };
    const refusal = refusalToForward(source, to, target, onward);
    if (target && !refusal) {
      target.lifecycle.touch(now);
      this.#enter(target, onward, unit, now);
    } else if (refusal) {
      this.#addToDeadLetters(source, { ...routed, content: withCause(routed.content, refusal) }, unit, kept);
    }
  }

  #addToDeadLetters(
    source: SubQueues,
    routed: RoutedMessage,
    unit: UnitOfWork,
    kept: Partial<StoredMessage> = {},
  ): void {
    const queue = source.deadLetters;
    const record = toStored(routed, 0, queue.lastSequenceNumber + 1);
    unit.enqueue(queue, queue.prepare({ ...record, ...kept, expiresAt: undefined }));
  }
}

/** Uses up a sequence number of a queue for a message that does not stay in it. */
function useNumber(queue: MessageQueue, unit: UnitOfWork): number {
  const last = queue.nextSequenceNumber();
  unit.record({ type: 'sequence-used', path: queue.path, last });
  return last;
}

/** Whether the entity has seen the message's id; otherwise it has now. */
function isDuplicate(target: Target, routed: RoutedMessage, unit: UnitOfWork, now: number): boolean {
  const { duplicates, options } = target;
  if (!duplicates || routed.messageId === '') return false;
  const key = options.enablePartitioning
    ? `${routed.messageId}\n${routed.content.partitionKey ?? ''}`
    : routed.messageId;
  if (duplicates.has(key, now)) return true;
  duplicates.remember(key, now);
  unit.record({ type: 'message-id-seen', path: target.path, key, at: now }, () => duplicates.forget(key));
  return false;
}

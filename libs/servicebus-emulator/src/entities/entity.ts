import type { DuplicateWindow } from './duplicate-window.js';
import type { Lifecycle } from './lifecycle.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from './options.js';
import type { MessageQueue } from './message-queue.js';
import type { RuleSet } from './rule-set.js';

/** The three queues that a queue and a subscription consist of. */
export interface SubQueues {
  readonly path: string;
  readonly main: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly transferDeadLetters: MessageQueue;
}

export interface QueueEntity extends SubQueues {
  readonly kind: 'queue';
  readonly lifecycle: Lifecycle;
  readonly duplicates: DuplicateWindow | undefined;
  options: QueueOptions;
}

export interface TopicEntity {
  readonly kind: 'topic';
  readonly path: string;
  readonly lifecycle: Lifecycle;
  readonly duplicates: DuplicateWindow | undefined;
  /** Messages that wait for their time; the subscriptions get them then. */
  readonly main: MessageQueue;
  /** By name in lower case. */
  readonly subscriptions: Map<string, SubscriptionEntity>;
  options: TopicOptions;
}

export interface SubscriptionEntity extends SubQueues {
  readonly kind: 'subscription';
  readonly name: string;
  readonly topic: TopicEntity;
  readonly lifecycle: Lifecycle;
  readonly rules: RuleSet;
  options: SubscriptionOptions;
}

export type Entity = QueueEntity | TopicEntity | SubscriptionEntity;

/** What clients send to, and what entities forward to. */
export type Target = QueueEntity | TopicEntity;

/** What clients receive from; it may forward its messages and its dead letters. */
export type Source = QueueEntity | SubscriptionEntity;

/** The queues of an entity. */
export function queuesOf(entity: Entity): readonly MessageQueue[] {
  return entity.kind === 'topic' ? [entity.main] : [entity.main, entity.deadLetters, entity.transferDeadLetters];
}

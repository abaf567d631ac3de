import type { DuplicateWindow } from './duplicate-window.js';
import { FOREVER, type QueueOptions, type SubscriptionOptions, type TopicOptions } from './options.js';
import type { MessageQueue } from './message-queue.js';
import type { RuleSet } from './rule-set.js';
import type { Timer, TimerQueue } from './timer-queue.js';

/** When an entity came to be, was changed and was used, in ms since 1970, and what ends an idle one. */
export class EntityLife implements Timer {
  readonly createdAt: number;
  updatedAt: number;
  dueAt = 0;
  heapIndex = -1;
  #usedAt: number;
  readonly #timers: TimerQueue;
  /** Ms an entity may be idle. */
  readonly #idleLimit: () => number;
  readonly #end: (now: number) => void;

  constructor(now: number, timers: TimerQueue, idleLimit: () => number, end: (now: number) => void) {
    this.createdAt = now;
    this.updatedAt = now;
    this.#usedAt = now;
    this.#timers = timers;
    this.#idleLimit = idleLimit;
    this.#end = end;
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  /** A send, a receive, a peek, an update: the entity is not idle. */
  used(now: number): void {
    this.#usedAt = now;
  }

  /** Plans the end anew: after creation and after every update. */
  plan(): void {
    if (this.#idleLimit() >= FOREVER) this.#timers.cancel(this);
    else this.#timers.schedule(this, this.#usedAt + this.#idleLimit());
  }

  fire(now: number): void {
    if (this.#usedAt + this.#idleLimit() > now) this.plan();
    else this.#end(now);
  }

  close(): void {
    this.#timers.cancel(this);
  }
}

/** The three queues that a queue and a subscription consist of. */
export interface SubQueues {
  readonly path: string;
  readonly main: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly transferDeadLetters: MessageQueue;
}

export interface QueueEntity extends SubQueues {
  readonly kind: 'queue';
  readonly life: EntityLife;
  readonly duplicates: DuplicateWindow | undefined;
  options: QueueOptions;
}

export interface TopicEntity {
  readonly kind: 'topic';
  readonly path: string;
  readonly life: EntityLife;
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
  readonly life: EntityLife;
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

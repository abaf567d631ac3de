import { DuplicateWindow } from './duplicate-window.js';
import {
  type Entity,
  type QueueEntity,
  type Source,
  type SubscriptionEntity,
  type Target,
  type TopicEntity,
} from './entity.js';
import { subscriptionPath } from './entity-path.js';
import type { BrokerEvent } from './events.js';
import { type DeadLetterCause, EXPIRED } from './dead-letter-cause.js';
import { Lifecycle } from './lifecycle.js';
import { MessageQueue } from './message-queue.js';
import { FOREVER, type QueueOptions, type SubscriptionOptions, type TopicOptions } from './options.js';
import type { QueueSettings } from './queue-ports.js';
import type { QueuedMessage } from './queued-message.js';
import { RuleSet } from './rule-set.js';
import type { TimerQueue } from './timer-queue.js';

/** What entities ask of their namespace. */
interface EntityPorts {
  readonly timers: TimerQueue;
  readonly record: (event: BrokerEvent) => void;
  readonly nextLockId: () => number;
  readonly deadLetter: (source: Source, message: QueuedMessage, cause: DeadLetterCause, now: number) => void;
  readonly forward: (source: Source, message: QueuedMessage, now: number) => void;
  readonly forwardBacklog: (queue: MessageQueue, now: number) => void;
  readonly activate: (target: Target, message: QueuedMessage, now: number) => void;
  readonly idle: (entity: Entity, now: number) => void;
}

/** Builds entities and wires their queues; it keeps none of them. */
export class EntityFactory {
  readonly #ports: EntityPorts;

  constructor(ports: EntityPorts) {
    this.#ports = ports;
  }

  queue(path: string, options: QueueOptions, now: number): QueueEntity {
    const entity: QueueEntity = {
      kind: 'queue',
      path,
      options,
      ...this.#queues(path, options.requiresSession, () => entity),
      duplicates: this.#duplicates(options.requiresDuplicateDetection, () => entity),
      lifecycle: this.#lifecycle(now, () => entity),
    };
    return entity;
  }

  topic(path: string, options: TopicOptions, now: number): TopicEntity {
    const entity: TopicEntity = {
      kind: 'topic',
      path,
      options,
      main: new MessageQueue(path, false, {
        ...this.#common(() => ({ lockDuration: FOREVER, maxDeliveryCount: Infinity })),
        activate: (message, at) => this.#ports.activate(entity, message, at),
        expire: () => undefined,
        deadLetter: undefined,
        forward: () => false,
        published: () => undefined,
      }),
      subscriptions: new Map(),
      duplicates: this.#duplicates(options.requiresDuplicateDetection, () => entity),
      lifecycle: this.#lifecycle(now, () => entity),
    };
    return entity;
  }

  subscription(topic: TopicEntity, name: string, options: SubscriptionOptions, now: number): SubscriptionEntity {
    const path = subscriptionPath(topic.path, name);
    const entity: SubscriptionEntity = {
      kind: 'subscription',
      path,
      name,
      topic,
      options,
      rules: new RuleSet(path),
      ...this.#queues(path, options.requiresSession, () => entity),
      lifecycle: this.#lifecycle(now, () => entity),
    };
    return entity;
  }

  #queues(path: string, requiresSession: boolean, entity: () => Source) {
    const settings = () => entity().options;
    const deadLettersSettings = () => ({ lockDuration: settings().lockDuration, maxDeliveryCount: Infinity });
    const deadLetter = (message: QueuedMessage, cause: DeadLetterCause, now: number) =>
      this.#ports.deadLetter(entity(), message, cause, now);
    const main: MessageQueue = new MessageQueue(path, requiresSession, {
      ...this.#common(settings),
      deadLetter,
      expire: (message, now) =>
        entity().options.deadLetteringOnMessageExpiration ? deadLetter(message, EXPIRED, now) : main.remove(message),
      forward: (message, now) => {
        const owner = entity();
        if (owner.options.forwardTo === undefined) return false;
        this.#ports.forward(owner, message, now);
        return true;
      },
      published: (now) => {
        if (entity().options.forwardTo !== undefined) this.#ports.forwardBacklog(main, now);
      },
      activate: (message, now) => {
        const owner = entity();
        if (owner.kind === 'queue') this.#ports.activate(owner, message, now);
      },
    });
    const terminal = (suffix: string): MessageQueue =>
      new MessageQueue(`${path}/${suffix}`, false, {
        ...this.#common(deadLettersSettings),
        deadLetter: undefined,
        expire: () => undefined,
        activate: () => undefined,
        forward: () => false,
        published: () => undefined,
      });
    return {
      main,
      deadLetters: terminal('$DeadLetterQueue'),
      transferDeadLetters: terminal('$Transfer/$DeadLetterQueue'),
    };
  }

  #common(settings: () => QueueSettings) {
    const { timers, record, nextLockId } = this.#ports;
    return { timers, record, nextLockId, settings };
  }

  #duplicates(required: boolean, entity: () => Target): DuplicateWindow | undefined {
    if (!required) return undefined;
    return new DuplicateWindow(this.#ports.timers, () => entity().options.duplicateDetectionHistoryTimeWindow);
  }

  #lifecycle(now: number, entity: () => Entity): Lifecycle {
    const limit = () => idleLimit(entity());
    return new Lifecycle(now, this.#ports.timers, limit, (at) => this.#ports.idle(entity(), at));
  }
}

/** A source of forwarding is never idle. */
function idleLimit({ options }: Entity): number {
  return 'forwardTo' in options && options.forwardTo !== undefined ? FOREVER : options.autoDeleteOnIdle;
}

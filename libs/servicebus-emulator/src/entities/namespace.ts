import type { IncomingMessage } from '../codec/read-message.js';
import { DEFAULT_RULE, type NewId, type Rule } from '../rules/index.js';
import { BacklogForwarder, type Later } from './backlog-forwarder.js';
import { closeEntity, deleteEntity } from './close-entity.js';
import type { Entity, QueueEntity, SubscriptionEntity, TopicEntity } from './entity.js';
import { EntityFactory } from './entity-factory.js';
import { parseSubscriptionPath } from './entity-path.js';
import { entityNotFound } from './errors.js';
import type { BrokerEvent, EntityDescription, Recorder, SingleEvent } from './events.js';
import type { MessageQueue } from './message-queue.js';
import { MessageMover } from './message-mover.js';
import {
  DEFAULT_OPTIONS,
  type QueueOptions,
  type SubscriptionOptions,
  type TopicOptions,
  withDefaults,
} from './options.js';
import { checkFilterQuotas, checkSessionStateQuota } from './quotas.js';
import { Registry } from './registry.js';
import { Recording } from './recording.js';
import { Recovery } from './recovery.js';
import { Router } from './router.js';
import { snapshotOf } from './snapshot.js';
import type { TimerQueue } from './timer-queue.js';
import { UncommittedSends } from './uncommitted-sends.js';
import type { UnitOfWork } from './unit-of-work.js';

interface NamespaceOptions {
  readonly timers: TimerQueue;
  readonly newId: NewId;
  /** Runs the next part of long work. */
  readonly later: Later;
}

/** Called when an entity is deleted or updated, such as for the links that are attached to it. */
interface EntityObserver {
  entityDeleted(entity: Entity): void;
  entityUpdated(entity: Entity): void;
}

/**
 * All entities of a broker and what happens between them. Pure: time and ids come from outside, what must survive goes
 * to the recorder. What a client was promised is decided here and awaited by the caller: `recorder.flushed()`.
 */
export class Namespace {
  readonly registry = new Registry();
  readonly #recording = new Recording();
  readonly #factory: EntityFactory;
  readonly #observers = new Set<EntityObserver>();
  readonly #sends: UncommittedSends;
  readonly #recovery: Recovery;
  readonly #backlogs: BacklogForwarder;
  #lastLockId = 0;

  constructor({ timers, newId, later }: NamespaceOptions) {
    this.#backlogs = new BacklogForwarder(later);
    const router = new Router({
      find: (path) => this.registry.target(path),
      newId,
      isMoving: (queue) => this.#backlogs.isMoving(queue),
    });
    this.#sends = new UncommittedSends(router, this.#recording);
    const mover = new MessageMover(router, (event) => this.#recording.recordIfRoom(event));
    this.#factory = new EntityFactory({
      timers,
      record: (event) => this.#recording.recordIfRoom(event),
      nextLockId: () => ++this.#lastLockId,
      deadLetter: (source, message, cause, now) => mover.deadLetter(source, message, cause, now),
      forward: (source, message, now) => mover.forward(source, message, now),
      forwardBacklog: (queue, now) => this.#backlogs.start(queue, now),
      activate: (target, message, now) => mover.activate(target, message, now),
      idle: (entity, now) => this.#delete(entity, now),
    });
    this.#recovery = new Recovery({ registry: this.registry, build: (entity, now) => this.#build(entity, now) });
  }

  observe(observer: EntityObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** @throws BrokerError when the name or the options are bad, or the name is taken */
  createQueue(path: string, options: Partial<QueueOptions>, now: number): QueueEntity {
    const entity = { kind: 'queue', path, options: withDefaults(DEFAULT_OPTIONS.queue, options) } as const;
    return this.#create(entity, now) as QueueEntity;
  }

  /** @throws BrokerError when the name or the options are bad, or the name is taken */
  createTopic(path: string, options: Partial<TopicOptions>, now: number): TopicEntity {
    const entity = { kind: 'topic', path, options: withDefaults(DEFAULT_OPTIONS.topic, options) } as const;
    return this.#create(entity, now) as TopicEntity;
  }

  /**
   * @param path `topic/Subscriptions/name`
   * @param rules the first rules; by default one that takes every message
   * @throws BrokerError when the name or the options are bad, the name is taken, or there is no such topic
   */
  createSubscription(
    path: string,
    options: Partial<SubscriptionOptions>,
    now: number,
    rules: readonly Rule[] = [DEFAULT_RULE],
  ): SubscriptionEntity {
    this.registry.topic(parseSubscriptionPath(path)?.topic ?? path);
    const entity = {
      kind: 'subscription',
      path,
      options: withDefaults(DEFAULT_OPTIONS.subscription, options),
    } as const;
    return this.#create(entity, now, rules) as SubscriptionEntity;
  }

  /** Replaces some of an entity's options; undefined gives one its default. @throws BrokerError when there is no such entity, or they are bad */
  update(
    path: string,
    options: Partial<QueueOptions> | Partial<TopicOptions> | Partial<SubscriptionOptions>,
    now: number,
  ): Entity {
    const entity = this.registry.get(path);
    const merged = withDefaults<Entity['options']>(DEFAULT_OPTIONS[entity.kind], {
      ...entity.options,
      ...options,
    }) as never;
    this.registry.checkUpdate(entity, merged);
    this.#recording.record({ type: 'entity-updated', entity: describe(entity, merged), at: now });
    entity.options = merged;
    entity.lifecycle.updatedAt = now;
    entity.lifecycle.touch(now);
    entity.lifecycle.scheduleEnd();
    this.#backlogs.start(entity.main, now);
    for (const observer of this.#observers) observer.entityUpdated(entity);
    return entity;
  }

  /** Deletes an entity with its messages. @throws BrokerError when there is no such entity */
  delete(path: string, now: number): void {
    this.#delete(this.registry.get(path), now);
  }

  /**
   * @throws BrokerError when there is no such subscription, the rule's name is taken, or its topic has too many filters
   * @throws RuleSyntaxError
   */
  addRule(path: string, rule: Rule, now: number): void {
    const { rules, topic } = this.#subscription(path);
    if (!rules.has(rule.name)) checkFilterQuotas(topic, [rule]);
    rules.add(rule, now);
    this.#recording.record({ type: 'rule-added', path, rule, at: now });
  }

  /** Replaces the rule of the same name. @throws BrokerError when there is no such rule. @throws RuleSyntaxError */
  updateRule(path: string, rule: Rule, now: number): void {
    const { rules, topic } = this.#subscription(path);
    const replaced = rules.get(rule.name);
    if (!replaced) throw entityNotFound(`${path}/Rules/${rule.name}`);
    if (replaced.filter.kind !== rule.filter.kind) checkFilterQuotas(topic, [rule]);
    rules.put(rule, now);
    this.#recording.record({ type: 'rule-added', path, rule, at: now });
  }

  /** @throws BrokerError when there is no such subscription or rule */
  removeRule(path: string, name: string, now: number): void {
    this.#subscription(path).rules.remove(name);
    this.#recording.record({ type: 'rule-removed', path, name, at: now });
  }

  /**
   * Takes messages a client sent to a queue or topic, all or none. They are recorded when this returns and visible to
   * receivers after {@link commit}: between the two the caller awaits `recorder.flushed()`, and calls {@link rollBack}
   * when that failed.
   * @throws BrokerError when the entity is missing, or refuses one of the messages
   */
  send(
    path: string,
    messages: readonly IncomingMessage[],
    now: number,
  ): { unit: UnitOfWork; sequenceNumbers: number[] } {
    const target = this.registry.target(path);
    if (!target) throw entityNotFound(path);
    return this.#sends.send(target, messages, now);
  }

  commit(unit: UnitOfWork, now: number): void {
    this.#sends.commit(unit, now);
  }

  /** Undoes a send that was recorded and could not be made durable. */
  rollBack(unit: UnitOfWork): void {
    this.#sends.rollBack(unit);
  }

  /**
   * Sets what a session's receivers keep with it; undefined clears it.
   * @throws BrokerError resource-limit-exceeded when the queue has all the states it may have
   */
  setSessionState(queue: MessageQueue, sessionId: string, state: Buffer | undefined, now: number): void {
    const isNew = state !== undefined && queue.sessions?.get(sessionId)?.state === undefined;
    if (isNew) checkSessionStateQuota(queue.path, queue.sessionStates);
    this.#recording.record({ type: 'session-state-set', path: queue.path, sessionId, state, at: now });
    queue.setSessionState(sessionId, state, now);
  }

  /** Applies a recorded event, before {@link recordTo}. What it refers to and is no longer there is passed over. */
  apply(event: BrokerEvent, now: number): void {
    this.#recovery.apply(event, now);
  }

  /** Sends on what a crash kept from being sent on, after everything was applied. */
  forwardAvailable(now: number): void {
    for (const { main } of this.registry.all()) this.#backlogs.start(main, now);
  }

  /** Records from now on. Without it the namespace is in memory only. */
  recordTo(recorder: Recorder): void {
    this.#recording.to(recorder);
  }

  /** Everything there is at this instant as events: applied to an empty namespace they give this one. */
  snapshot(): Iterable<SingleEvent> {
    const uncommitted = this.#sends.events;
    const visible = snapshotOf(this.registry);
    return (function* () {
      yield* visible;
      yield* uncommitted;
    })();
  }

  /** Nothing will happen here any more. */
  close(): void {
    this.#backlogs.close();
    for (const entity of this.registry.all()) closeEntity(entity);
  }

  #subscription(path: string): SubscriptionEntity {
    const entity = this.registry.get(path);
    if (entity.kind !== 'subscription') throw entityNotFound(path);
    return entity;
  }

  #create(description: EntityDescription, now: number, rules: readonly Rule[] = []): Entity {
    this.registry.checkNew(description.path, description.options);
    const entity = this.#build(description, now);
    if (entity.kind === 'subscription') {
      checkFilterQuotas(entity.topic, rules);
      for (const rule of rules) entity.rules.add(rule, now);
    }
    const { path } = entity;
    this.#recording.recordAll([
      { type: 'entity-created', entity: describe(entity, entity.options), at: now },
      ...rules.map((rule) => ({ type: 'rule-added', path, rule, at: now }) as const),
    ]);
    this.registry.add(entity);
    entity.lifecycle.scheduleEnd();
    return entity;
  }

  #build(description: EntityDescription, now: number): Entity {
    if (description.kind === 'queue') return this.#factory.queue(description.path, description.options, now);
    if (description.kind === 'topic') return this.#factory.topic(description.path, description.options, now);
    const { topic, name } = parseSubscriptionPath(description.path) ?? { topic: description.path, name: '' };
    return this.#factory.subscription(this.registry.topic(topic), name, description.options, now);
  }

  #delete(entity: Entity, now: number): void {
    this.#recording.record({ type: 'entity-deleted', path: entity.path, at: now });
    for (const deleted of deleteEntity(this.registry, entity)) {
      for (const observer of this.#observers) observer.entityDeleted(deleted);
    }
  }
}

function describe(entity: Entity, options: Entity['options']): EntityDescription {
  return { kind: entity.kind, path: entity.path, options } as EntityDescription;
}

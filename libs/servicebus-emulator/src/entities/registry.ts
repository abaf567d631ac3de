import { checkFixed, checkOptions } from './check-options.js';
import type { Entity, Target, TopicEntity } from './entity.js';
import { parseSubscriptionPath, problemOfName, problemOfPath } from './entity-path.js';
import { BrokerError, entityExists, entityNotFound } from './errors.js';
import { checkEntityQuota, checkSubscriptionQuota } from './quotas.js';

/** The entities of a namespace by name, whatever its case. */
export class Registry {
  readonly #targets = new Map<string, Target>();

  /** Queues and topics in the order of their creation. */
  targets(): IterableIterator<Target> {
    return this.#targets.values();
  }

  /** Every entity; a topic before its subscriptions. */
  *all(): Generator<Entity> {
    for (const target of this.#targets.values()) {
      yield target;
      if (target.kind === 'topic') yield* target.subscriptions.values();
    }
  }

  /** The queue or topic of that name. */
  target(path: string): Target | undefined {
    return this.#targets.get(path.toLowerCase());
  }

  find(path: string): Entity | undefined {
    const subscription = parseSubscriptionPath(path);
    if (!subscription) return this.target(path);
    const topic = this.target(subscription.topic);
    return topic?.kind === 'topic' ? topic.subscriptions.get(subscription.name.toLowerCase()) : undefined;
  }

  /** @throws BrokerError when there is no such entity */
  get(path: string): Entity {
    const entity = this.find(path);
    if (!entity) throw entityNotFound(path);
    return entity;
  }

  /** @throws BrokerError when there is no such topic */
  topic(path: string): TopicEntity {
    const topic = this.target(path);
    if (topic?.kind !== 'topic') throw entityNotFound(path);
    return topic;
  }

  add(entity: Entity): void {
    if (entity.kind === 'subscription') entity.topic.subscriptions.set(entity.name.toLowerCase(), entity);
    else this.#targets.set(entity.path.toLowerCase(), entity);
  }

  remove(entity: Entity): void {
    if (entity.kind === 'subscription') entity.topic.subscriptions.delete(entity.name.toLowerCase());
    else this.#targets.delete(entity.path.toLowerCase());
  }

  /**
   * @throws BrokerError when the name is bad or taken, there are too many already, the options are bad, or an entity
   * they name is missing
   */
  checkNew(path: string, options: Entity['options']): void {
    const subscription = parseSubscriptionPath(path);
    const problem = subscription ? problemOfName(subscription.name) : problemOfPath(path);
    if (problem) throw new BrokerError('com.microsoft:argument-error', problem);
    if (this.find(path)) throw entityExists(path);
    if (subscription) checkSubscriptionQuota(this.topic(subscription.topic));
    else checkEntityQuota(this.#targets.size);
    checkOptions(path, options);
    this.#checkTargets(path, options);
  }

  /** @throws BrokerError when the new options are bad, or change what is fixed */
  checkUpdate(entity: Entity, options: Entity['options']): void {
    checkOptions(entity.path, options);
    checkFixed(entity.path, entity.options, options);
    this.#checkTargets(entity.path, options);
  }

  #checkTargets(path: string, options: Entity['options']): void {
    if (!('forwardTo' in options)) return;
    for (const name of ['forwardTo', 'forwardDeadLetteredMessagesTo'] as const) {
      const to = options[name];
      if (to === undefined) continue;
      if (to.toLowerCase() === path.toLowerCase()) {
        throw new BrokerError('com.microsoft:argument-error', `'${path}': ${name} must not be the entity itself.`);
      }
      if (!this.target(to)) throw new BrokerError('amqp:not-found', `'${path}': ${name} '${to}' could not be found.`);
    }
  }
}

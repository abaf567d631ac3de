import { isDeepStrictEqual } from 'node:util';
import type { Namespace } from './entities/namespace.js';
import { subscriptionPath } from './entities/entity-path.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from './entities/options.js';
import type { Topology } from './topology/index.js';

/** The two options that name other entities. */
const UNLINKED = { forwardTo: undefined, forwardDeadLetteredMessagesTo: undefined };

/**
 * Makes a namespace have what a topology lists. What is there already, because the broker was restarted, keeps its
 * messages and rules and gets the listed options; what is not listed stays.
 * @throws BrokerError when an option cannot be what the topology says
 */
export function applyTopology(namespace: Namespace, { queues, topics }: Topology, now: number): void {
  const wanted = new Map<string, QueueOptions | TopicOptions | SubscriptionOptions>();
  const isNew = (path: string, options: QueueOptions | TopicOptions | SubscriptionOptions): boolean => {
    wanted.set(path, options);
    return namespace.registry.find(path) === undefined;
  };
  for (const { name, authorizationRules, ...queue } of queues) {
    const options = { ...queue.options, authorizationRules };
    if (isNew(name, options)) namespace.createQueue(name, { ...options, ...UNLINKED }, now);
  }
  for (const { name: topic, authorizationRules, subscriptions, ...rest } of topics) {
    const options = { ...rest.options, authorizationRules };
    if (isNew(topic, options)) namespace.createTopic(topic, options, now);
    for (const { name, options: subscriptionOptions, rules } of subscriptions) {
      const path = subscriptionPath(topic, name);
      if (!isNew(path, subscriptionOptions)) continue;
      namespace.createSubscription(path, { ...subscriptionOptions, ...UNLINKED }, now, rules);
    }
  }
  // Only now: an entity may forward to one that is listed after it.
  for (const [path, options] of wanted) {
    if (differs(namespace.registry.get(path).options, options)) namespace.update(path, options, now);
  }
}

function differs(a: object, b: object): boolean {
  const values = (options: object) => options as Record<string, unknown>;
  return Object.keys(b).some((name) => !isDeepStrictEqual(values(a)[name], values(b)[name]));
}

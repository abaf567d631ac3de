import { DEFAULT_QUEUE_OPTIONS, DEFAULT_SUBSCRIPTION_OPTIONS, DEFAULT_TOPIC_OPTIONS } from '../entities/options.js';
import { writeAuthorizationRules } from './authorization-fields.js';
import { writeOptions } from './option-fields.js';
import { writeRules } from './rule-fields.js';
import type { QueueTopology, SubscriptionTopology, Topology, TopicTopology } from './topology.js';

/** Writes a topology as the file that `parseTopology` reads. What has Azure's default is left out. */
export function formatTopology(topology: Topology): string {
  const namespace = {
    Name: topology.namespace,
    ...writeAuthorizationRules(topology.authorizationRules),
    Queues: topology.queues.map(writeQueue),
    Topics: topology.topics.map(writeTopic),
  };
  return `${JSON.stringify({ UserConfig: { Namespaces: [namespace] } }, undefined, 2)}\n`;
}

function writeQueue({ name, options, authorizationRules }: QueueTopology): unknown {
  return {
    Name: name,
    Properties: writeOptions(options, DEFAULT_QUEUE_OPTIONS),
    ...writeAuthorizationRules(authorizationRules),
  };
}

function writeTopic({ name, options, authorizationRules, subscriptions }: TopicTopology): unknown {
  return {
    Name: name,
    Properties: writeOptions(options, DEFAULT_TOPIC_OPTIONS),
    ...writeAuthorizationRules(authorizationRules),
    Subscriptions: subscriptions.map(writeSubscription),
  };
}

function writeSubscription({ name, options, rules }: SubscriptionTopology): unknown {
  return { Name: name, Properties: writeOptions(options, DEFAULT_SUBSCRIPTION_OPTIONS), ...writeRules(rules) };
}

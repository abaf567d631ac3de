import type { AuthorizationRule } from './entities/authorization-rule.js';
import type { Namespace } from './entities/namespace.js';
import type { QueueTopology, Topology, TopicTopology } from './topology/index.js';

/** The entities of a running broker as a topology, which `formatTopology` writes to a file. */
export function describeTopology(
  { registry }: Namespace,
  name: string,
  authorizationRules: readonly AuthorizationRule[],
): Topology {
  const queues: QueueTopology[] = [];
  const topics: TopicTopology[] = [];
  for (const entity of registry.targets()) {
    const { path } = entity;
    const keys = entity.options.authorizationRules;
    if (entity.kind === 'queue') {
      queues.push({ name: path, options: entity.options, authorizationRules: keys });
      continue;
    }
    const subscriptions = [...entity.subscriptions.values()].map(({ name: own, options, rules }) => ({
      name: own,
      options,
      rules: rules.list().map(({ rule }) => rule),
    }));
    topics.push({ name: path, options: entity.options, authorizationRules: keys, subscriptions });
  }
  return { namespace: name, authorizationRules, queues, topics };
}

import type { SubscriptionEntity } from '../../entities/entity.js';
import { problemOfName, subscriptionPath } from '../../entities/entity-path.js';
import { BrokerError, entityNotFound } from '../../entities/errors.js';
import type { Rule } from '../../rules/index.js';
import { child, parseXml } from '../xml.js';
import type { AtomContext, AtomRequest } from './atom-request.js';
import type { Entry } from './feed.js';
import type { Resource } from './resource.js';
import { formatRule, readRule } from './rule-xml.js';

type RuleResource = Extract<Resource, { kind: 'rule' }>;
interface RuleOwner {
  readonly topic: string;
  readonly subscription: string;
}

/** Rules by name. @throws BrokerError when there is no such subscription */
export function listRules(context: AtomContext, owner: RuleOwner): readonly Entry[] {
  const subscription = subscriptionOf(context, owner);
  return [...subscription.rules.list()]
    .sort((a, b) => (a.rule.name.toLowerCase() < b.rule.name.toLowerCase() ? -1 : 1))
    .map(({ rule, createdAt }) => entryOf(subscription, rule, createdAt));
}

/** @throws BrokerError when there is no such rule */
export function findRule(context: AtomContext, resource: RuleResource): Entry {
  const subscription = subscriptionOf(context, resource);
  const found = subscription.rules.list().find(({ rule }) => rule.name.toLowerCase() === resource.name.toLowerCase());
  if (!found) throw entityNotFound(`${subscription.path}/Rules/${resource.name}`);
  return entryOf(subscription, found.rule, found.createdAt);
}

/** Adds a rule, or replaces the one of its name. @throws BrokerError or RuleSyntaxError */
export function putRule(context: AtomContext, resource: RuleResource, { body, update }: AtomRequest): Entry {
  const { namespace, clock } = context.core;
  const { path } = subscriptionOf(context, resource);
  const problem = problemOfName(resource.name);
  if (problem) throw new BrokerError('com.microsoft:argument-error', problem);
  const description = child(child(child(parseXml(body), 'entry'), 'content'), 'RuleDescription');
  if (!description) {
    throw new BrokerError('com.microsoft:argument-error', 'The body must be an entry with a RuleDescription.');
  }
  const rule = readRule(resource.name, description);
  if (update) namespace.updateRule(path, rule, clock.now());
  else namespace.addRule(path, rule, clock.now());
  return findRule(context, resource);
}

/** @returns what was there. @throws BrokerError when there is no such rule */
export function deleteRule(context: AtomContext, resource: RuleResource): Entry {
  const { namespace, clock } = context.core;
  const entry = findRule(context, resource);
  namespace.removeRule(subscriptionOf(context, resource).path, resource.name, clock.now());
  return entry;
}

function subscriptionOf({ core }: AtomContext, { topic, subscription }: RuleOwner): SubscriptionEntity {
  const path = subscriptionPath(topic, subscription);
  const entity = core.namespace.registry.get(path);
  if (entity.kind !== 'subscription') throw entityNotFound(path);
  return entity;
}

function entryOf({ path }: SubscriptionEntity, rule: Rule, createdAt: number): Entry {
  return {
    path: `${path}/Rules/${rule.name}`,
    title: rule.name,
    updatedAt: createdAt,
    element: 'RuleDescription',
    description: formatRule(rule, createdAt),
  };
}

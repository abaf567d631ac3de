import type { Filter, Rule } from '../rules/index.js';
import type { TopicEntity } from './entity.js';
import { BrokerError } from './errors.js';

/** How many there may be of what (Learn, "Service Bus quotas", Standard tier). */
export const QUOTAS = Object.freeze({
  /** Queues and topics of a namespace, together. */
  entities: 10_000,
  subscriptionsPerTopic: 2_000,
  /** Of all subscriptions of a topic together, as the next. */
  sqlFiltersPerTopic: 2_000,
  correlationFiltersPerTopic: 100_000,
  /** Clients connected to a namespace. */
  connections: 5_000,
  /** Clients that receive from an entity, and from all subscriptions of a topic together. */
  receiversPerEntity: 5_000,
  /** Sessions of an entity that have a state (Learn, "Message sessions"). */
  sessionStatesPerEntity: 1_000_000,
});

/** The filters that are limited. The one that lets everything pass comes with every subscription, and is not. */
const FILTER_QUOTAS = [
  ['sql', QUOTAS.sqlFiltersPerTopic, 'SQL filters'],
  ['correlation', QUOTAS.correlationFiltersPerTopic, 'correlation filters'],
] as const satisfies readonly (readonly [Filter['kind'], number, string])[];

/** @throws BrokerError resource-limit-exceeded when a namespace with so many queues and topics takes no more */
export function checkEntityQuota(count: number): void {
  if (count >= QUOTAS.entities) throw exceeded('The namespace', QUOTAS.entities, 'queues and topics');
}

/** @throws BrokerError resource-limit-exceeded when a topic takes no more subscriptions */
export function checkSubscriptionQuota({ path, subscriptions }: TopicEntity): void {
  const limit = QUOTAS.subscriptionsPerTopic;
  if (subscriptions.size >= limit) throw exceeded(`The topic '${path}'`, limit, 'subscriptions');
}

/** @throws BrokerError resource-limit-exceeded when the filters of a topic become too many with those of these rules */
export function checkFilterQuotas({ path, subscriptions }: TopicEntity, added: readonly Rule[]): void {
  for (const [kind, limit, what] of FILTER_QUOTAS) {
    let count = added.filter(({ filter }) => filter.kind === kind).length;
    if (count === 0) continue;
    for (const { rules } of subscriptions.values()) count += rules.count(kind);
    if (count > limit) throw exceeded(`The topic '${path}'`, limit, what);
  }
}

/** @throws BrokerError resource-limit-exceeded when an entity with so many session states takes no more */
export function checkSessionStateQuota(path: string, count: number): void {
  const limit = QUOTAS.sessionStatesPerEntity;
  if (count >= limit) throw exceeded(`'${path}'`, limit, 'session states');
}

function exceeded(owner: string, limit: number, what: string): BrokerError {
  return new BrokerError(
    'amqp:resource-limit-exceeded',
    `${owner} has ${limit} ${what}, which is the most there may be. Delete some first.`,
  );
}

/** A client too many. */
export function tooManyConnections(): BrokerError {
  return new BrokerError(
    'amqp:resource-limit-exceeded',
    `ConnectionsQuotaExceeded: The namespace has ${QUOTAS.connections} connections, which is the most there may be. Close some, or share one.`,
  );
}

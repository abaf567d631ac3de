import type { Entity, QueueEntity, TopicEntity } from '../../entities/entity.js';
import type { XmlElement } from '../xml.js';
import { formatAuthorizationRules } from './authorization-xml.js';
import { sizeInMegabytes } from '../../entities/options.js';
import { formatOptions } from './description-fields.js';
import { countsOf, type EntityCounts } from '../counts.js';

const COUNTS_NAMESPACE = 'http://schemas.microsoft.com/netservices/2011/06/servicebus';

/** An entity's name on the element of its description. */
export const DESCRIPTION = {
  queue: 'QueueDescription',
  topic: 'TopicDescription',
  subscription: 'SubscriptionDescription',
} as const satisfies Record<Entity['kind'], string>;

/** The content of an entity's description: its options, and how it is right now. @param base the namespace's URL */
export function formatEntity(entity: Entity, base: string, apiVersion: string): XmlElement {
  const options = { ...formatOptions(entity.options, base, apiVersion), ...partitioningOf(entity) };
  switch (entity.kind) {
    case 'queue':
      return { ...options, ...sendingOf(entity), ...runtimeOf(entity), MessageCount: countsOf(entity).total };
    case 'topic':
      return { ...options, ...sendingOf(entity), ...runtimeOf(entity), SubscriptionCount: entity.subscriptions.size };
    case 'subscription':
      return { ...options, ...runtimeOf(entity), MessageCount: countsOf(entity).total };
  }
}

/** A partitioned entity has the size of all its partitions, and no order among them. */
function partitioningOf({ kind, options }: Entity): XmlElement {
  if (!('enablePartitioning' in options) || !options.enablePartitioning) return {};
  const size = { MaxSizeInMegabytes: sizeInMegabytes(options) };
  return kind === 'topic' ? { ...size, SupportOrdering: false } : size;
}

function sendingOf(entity: QueueEntity | TopicEntity): XmlElement {
  return {
    ...formatAuthorizationRules(entity.options.authorizationRules),
    IsAnonymousAccessible: false,
    SizeInBytes: countsOf(entity).bytes,
  };
}

function runtimeOf(entity: Entity): XmlElement {
  const { lifecycle } = entity;
  return {
    CreatedAt: new Date(lifecycle.createdAt).toISOString(),
    UpdatedAt: new Date(lifecycle.updatedAt).toISOString(),
    AccessedAt: new Date(lifecycle.usedAt).toISOString(),
    EntityAvailabilityStatus: 'Available',
    CountDetails: formatCounts(countsOf(entity)),
  };
}

function formatCounts(counts: EntityCounts): XmlElement {
  return {
    '@xmlns:d2p1': COUNTS_NAMESPACE,
    'd2p1:ActiveMessageCount': counts.active,
    'd2p1:DeadLetterMessageCount': counts.deadLetter,
    'd2p1:ScheduledMessageCount': counts.scheduled,
    'd2p1:TransferMessageCount': 0,
    'd2p1:TransferDeadLetterMessageCount': counts.transferDeadLetter,
  };
}

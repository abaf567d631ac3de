import type { Entity } from '../../entities/entity.js';
import { subscriptionPath } from '../../entities/entity-path.js';
import { BrokerError, entityNotFound } from '../../entities/errors.js';
import { DEFAULT_OPTIONS, sizeInMegabytes } from '../../entities/options.js';
import { DEFAULT_RULE } from '../../rules/index.js';
import { child, parseXml, textOf, type XmlElement } from '../xml.js';
import type { AtomContext, AtomRequest } from './atom-request.js';
import { type AnyOptions, readDescription } from './description-fields.js';
import { DESCRIPTION, formatEntity } from './entity-xml.js';
import type { Entry } from './feed.js';
import type { Resource } from './resource.js';
import { readRule } from './rule-xml.js';

type EntityResource = Extract<Resource, { kind: 'entity' | 'subscription' }>;

/** Queues or topics by name. */
export function listEntities(context: AtomContext, kind: 'queue' | 'topic'): readonly Entry[] {
  const entities = [...context.core.namespace.registry.targets()].filter((entity) => entity.kind === kind);
  return byName(entities, ({ path }) => path).map((entity) => entryOf(entity, context));
}

/** @throws BrokerError when there is no such topic */
export function listSubscriptions(context: AtomContext, topic: string): readonly Entry[] {
  const { subscriptions } = context.core.namespace.registry.topic(topic);
  return byName([...subscriptions.values()], ({ name }) => name).map((entity) => entryOf(entity, context));
}

/** @throws BrokerError when there is no such entity */
export function findEntity(context: AtomContext, resource: Resource): Entry {
  return entryOf(context.core.namespace.registry.get(pathOf(resource)), context);
}

/** Creates, or replaces the options of what is there. @throws BrokerError when the description is bad */
export function putEntity(context: AtomContext, resource: EntityResource, request: AtomRequest): Entry {
  const { kind, description } = readBody(resource, request.body);
  const path = pathOf(resource);
  const entity = request.update ? update(context, path, kind, description) : create(context, path, kind, description);
  return entryOf(entity, context);
}

/** @returns what was there. @throws BrokerError when there is no such entity */
export function deleteEntity(context: AtomContext, resource: EntityResource): Entry {
  const entry = findEntity(context, resource);
  context.core.namespace.delete(pathOf(resource), context.core.clock.now());
  return entry;
}

function create({ core }: AtomContext, path: string, kind: Entity['kind'], description: XmlElement): Entity {
  const { namespace, clock } = core;
  const now = clock.now();
  if (kind === 'queue') {
    return namespace.createQueue(path, readDescription(path, description, DEFAULT_OPTIONS.queue), now);
  }
  if (kind === 'topic') {
    return namespace.createTopic(path, readDescription(path, description, DEFAULT_OPTIONS.topic), now);
  }
  const options = readDescription(path, description, DEFAULT_OPTIONS.subscription);
  const first = child(description, 'DefaultRuleDescription');
  const rule = first ? readRule(textOf(first, 'Name') ?? DEFAULT_RULE.name, first) : DEFAULT_RULE;
  return namespace.createSubscription(path, options, now, [rule]);
}

const SIZE = 'MaxSizeInMegabytes';

/** What is fixed at creation. */
const FIXED = ['requiresSession', 'requiresDuplicateDetection', 'enablePartitioning'] as const;

/** The description replaces the options: what it leaves out has its default again, unless it is fixed at creation. */
function update({ core }: AtomContext, path: string, kind: Entity['kind'], description: XmlElement): Entity {
  const entity = core.namespace.registry.find(path);
  if (entity?.kind !== kind) throw entityNotFound(path);
  const kept = Object.entries(entity.options).filter(([name]) => FIXED.some((fixed) => fixed === name));
  const defaults: AnyOptions = { ...DEFAULT_OPTIONS[kind], ...Object.fromEntries(kept) };
  const own = withOwnSize(entity, description);
  return core.namespace.update(path, readDescription(path, own, defaults), core.clock.now());
}

/** A client that read a description sends it back: a partitioned entity's size, as it was reported, is its own. */
function withOwnSize({ options }: Entity, description: XmlElement): XmlElement {
  if (!('maxSizeInMegabytes' in options) || textOf(description, SIZE) !== String(sizeInMegabytes(options))) {
    return description;
  }
  return { ...description, [SIZE]: String(options.maxSizeInMegabytes) };
}

/** @throws BrokerError or XmlError when it is no description of what the path names */
function readBody(resource: EntityResource, body: string): { kind: Entity['kind']; description: XmlElement } {
  const content = child(child(parseXml(body), 'entry'), 'content');
  const kinds = resource.kind === 'subscription' ? (['subscription'] as const) : (['queue', 'topic'] as const);
  for (const kind of kinds) {
    const description = content?.[DESCRIPTION[kind]];
    if (description !== undefined) return { kind, description: child(content, DESCRIPTION[kind]) ?? {} };
  }
  const expected = kinds.map((kind) => DESCRIPTION[kind]).join(' or ');
  throw new BrokerError('com.microsoft:argument-error', `The body must be an entry with a ${expected}.`);
}

function pathOf(resource: Resource): string {
  if (resource.kind === 'subscription') return subscriptionPath(resource.topic, resource.name);
  return resource.kind === 'entity' ? resource.path : '';
}

function entryOf(entity: Entity, { base, apiVersion }: AtomContext): Entry {
  return {
    path: entity.path,
    title: entity.kind === 'subscription' ? entity.name : entity.path,
    updatedAt: entity.lifecycle.updatedAt,
    element: DESCRIPTION[entity.kind],
    description: formatEntity(entity, base, apiVersion),
  };
}

function byName<T>(list: readonly T[], name: (one: T) => string): readonly T[] {
  return [...list].sort((a, b) => (name(a).toLowerCase() < name(b).toLowerCase() ? -1 : 1));
}

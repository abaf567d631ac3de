import { type Entity, queuesOf } from './entity.js';
import type { EntityDescription, SingleEvent } from './events.js';
import type { StoredMessage } from '../message.js';
import type { MessageQueue } from './message-queue.js';
import type { Registry } from './registry.js';

/**
 * Everything in a namespace at this instant, as events. What may change is copied now, the events are made as they are
 * asked for, while the namespace goes on. Entities come first: messages need theirs.
 */
export function snapshotOf(registry: Registry): Iterable<SingleEvent> {
  const entities: SingleEvent[] = [];
  const queues: QueueSnapshot[] = [];
  for (const entity of registry.all()) {
    entities.push(...entityEvents(entity));
    queues.push(...queuesOf(entity).map(copyQueue));
  }
  return join(entities, queues);
}

interface QueueSnapshot {
  readonly path: string;
  readonly others: readonly SingleEvent[];
  readonly messages: readonly StoredMessage[];
}

function* join(entities: readonly SingleEvent[], queues: readonly QueueSnapshot[]): Generator<SingleEvent> {
  yield* entities;
  for (const { path, others, messages } of queues) {
    yield* others;
    for (const message of messages) yield { type: 'enqueued', path, message };
  }
}

function* entityEvents(entity: Entity): Generator<SingleEvent> {
  const { kind, path, options, lifecycle } = entity;
  const description = { kind, path, options } as EntityDescription;
  yield { type: 'entity-created', entity: description, at: lifecycle.createdAt };
  if (lifecycle.updatedAt > lifecycle.createdAt) {
    yield { type: 'entity-updated', entity: description, at: lifecycle.updatedAt };
  }
  if (entity.kind === 'subscription') {
    for (const { rule, createdAt } of entity.rules.list()) yield { type: 'rule-added', path, rule, at: createdAt };
  } else if (entity.duplicates) {
    for (const [key, at] of entity.duplicates.entries()) yield { type: 'message-id-seen', path, key, at };
  }
}

function copyQueue(queue: MessageQueue): QueueSnapshot {
  const { path, lastSequenceNumber } = queue;
  const others: SingleEvent[] = [];
  if (lastSequenceNumber > 0) others.push({ type: 'sequence-used', path, last: lastSequenceNumber });
  for (const { id, state, stateSetAt } of queue.sessions?.all() ?? []) {
    if (state) others.push({ type: 'session-state-set', path, sessionId: id, state, at: stateSetAt });
  }
  return { path, others, messages: Array.from(queue.from(0), ({ stored }) => stored) };
}

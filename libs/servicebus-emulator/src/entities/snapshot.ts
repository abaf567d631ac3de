import { type Entity, queuesOf } from './entity.js';
import type { BrokerEvent, EntityDescription } from './events.js';
import type { MessageQueue } from './message-queue.js';
import type { Registry } from './registry.js';

/**
 * Everything in a namespace as events. Entities come first, because messages are forwarded between them; the stream is
 * drawn lazily, and the namespace must not change while it is.
 */
export function* snapshotOf(registry: Registry): Generator<BrokerEvent> {
  for (const entity of registry.all()) yield* entityEvents(entity);
  for (const entity of registry.all()) {
    for (const queue of queuesOf(entity)) yield* queueEvents(queue);
  }
}

function* entityEvents(entity: Entity): Generator<BrokerEvent> {
  const { kind, path, options, life } = entity;
  const description = { kind, path, options } as EntityDescription;
  yield { type: 'entity-created', entity: description, at: life.createdAt };
  if (life.updatedAt > life.createdAt) yield { type: 'entity-updated', entity: description, at: life.updatedAt };
  if (entity.kind === 'subscription') {
    for (const { rule, createdAt } of entity.rules.list()) yield { type: 'rule-added', path, rule, at: createdAt };
  } else if (entity.duplicates) {
    for (const [key, at] of entity.duplicates.entries()) yield { type: 'message-id-seen', path, key, at };
  }
}

function* queueEvents(queue: MessageQueue): Generator<BrokerEvent> {
  const { path } = queue;
  if (queue.lastSequenceNumber > 0) yield { type: 'sequence-used', path, last: queue.lastSequenceNumber };
  for (const message of queue.from(0)) yield { type: 'enqueued', path, message };
  for (const { id, state, stateSetAt } of queue.sessions?.all() ?? []) {
    if (state) yield { type: 'session-state-set', path, sessionId: id, state, at: stateSetAt };
  }
}

import { deleteEntity } from './close-entity.js';
import type { Entity } from './entity.js';
import { parseAddress } from './entity-path.js';
import type { BrokerEvent, EntityDescription, SingleEvent } from './events.js';
import type { MessageQueue } from './message-queue.js';
import type { Registry } from './registry.js';

interface RecoveryPorts {
  readonly registry: Registry;
  readonly build: (entity: EntityDescription, now: number) => Entity;
}

/** Applies recorded events to a namespace: after all of them it is as it was before the broker stopped. */
export class Recovery {
  readonly #ports: RecoveryPorts;

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  apply(event: BrokerEvent, now: number): void {
    if (event.type === 'group') for (const one of event.events) this.#one(one, now);
    else this.#one(event, now);
  }

  #one(event: SingleEvent, now: number): void {
    switch (event.type) {
      case 'entity-created':
      case 'entity-updated':
      case 'entity-deleted':
      case 'rule-added':
      case 'rule-removed':
        return this.#entity(event);
      case 'message-id-seen': {
        const target = this.#ports.registry.target(event.path);
        target?.duplicates?.remember(event.key, event.at);
        return;
      }
      case 'message-id-forgotten':
        return this.#ports.registry.target(event.path)?.duplicates?.forget(event.key);
      default: {
        const queue = this.#queue(event.path);
        if (queue) applyToQueue(queue, event, now);
      }
    }
  }

  #entity(event: Extract<SingleEvent, { type: `entity-${string}` | `rule-${string}` }>): void {
    const { registry } = this.#ports;
    if (event.type === 'entity-created') {
      const entity = this.#ports.build(event.entity, event.at);
      registry.add(entity);
      entity.lifecycle.scheduleEnd();
      return;
    }
    const entity = registry.find(event.type === 'entity-updated' ? event.entity.path : event.path);
    if (!entity) return;
    if (event.type === 'entity-updated') {
      entity.options = event.entity.options as never;
      entity.lifecycle.updatedAt = event.at;
      entity.lifecycle.scheduleEnd();
    } else if (event.type === 'entity-deleted') {
      deleteEntity(registry, entity);
    } else if (entity.kind === 'subscription') {
      if (event.type === 'rule-added') entity.rules.put(event.rule, event.at);
      else if (entity.rules.has(event.name)) entity.rules.remove(event.name);
    }
  }

  #queue(path: string): MessageQueue | undefined {
    const { entity, subQueue } = parseAddress(path);
    const found = this.#ports.registry.find(entity);
    return found?.kind === 'topic' ? found.main : found?.[subQueue];
  }
}

type QueueEvent = Extract<
  SingleEvent,
  { type: 'enqueued' | 'removed' | 'activated' | 'changed' | 'sequence-used' | 'session-state-set' }
>;

function applyToQueue(queue: MessageQueue, event: QueueEvent, now: number): void {
  switch (event.type) {
    case 'enqueued':
      return queue.restore(event.message, now);
    case 'sequence-used':
      return queue.skipTo(event.last);
    case 'session-state-set':
      return queue.setSessionState(event.sessionId, event.state, event.at);
    case 'activated':
    case 'changed':
    case 'removed':
      return applyToMessage(queue, event, now);
  }
}

type MessageEvent = Extract<SingleEvent, { type: 'removed' | 'activated' | 'changed' }>;

function applyToMessage(queue: MessageQueue, event: MessageEvent, now: number): void {
  const message = queue.find(event.type === 'activated' ? event.scheduledAs : event.sequenceNumber);
  if (!message) return;
  queue.extract(message);
  if (event.type === 'activated') {
    const { sequenceNumber, at, expiresAt } = event;
    queue.restore({ ...message.stored, sequenceNumber, enqueuedAt: at, expiresAt, state: 'active' }, now);
  } else if (event.type === 'changed') {
    const { deliveryCount, state, content = message.content } = event;
    queue.restore({ ...message.stored, deliveryCount, state, content }, now);
  }
}

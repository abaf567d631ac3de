import type { SingleEvent } from '../../entities/events.js';
import { describeMessage } from './describe-message.js';

/** A client that sends what cannot be described must not notice that another one watches. */
export function describeSafely(event: SingleEvent): EventPage | undefined {
  try {
    return describeEvent(event);
  } catch (error) {
    return page(event.type, 'path' in event ? event.path : '', { problem: String(error) });
  }
}

/** What happened, as people and scripts read it. */
export interface EventPage {
  readonly type: SingleEvent['type'];
  /** Which entity or dead-letter queue. */
  readonly entity: string;
}

/** Undefined for the broker's own bookkeeping. */
function describeEvent(event: SingleEvent): EventPage | undefined {
  switch (event.type) {
    case 'sequence-used':
    case 'message-id-seen':
    case 'message-id-forgotten':
      return undefined;
    case 'enqueued':
      return page(event.type, event.path, { message: describeMessage(event.message) });
    case 'entity-created':
    case 'entity-updated':
      return page(event.type, event.entity.path, { kind: event.entity.kind });
    case 'removed':
      return page(event.type, event.path, { sequenceNumber: event.sequenceNumber });
    case 'activated':
      return page(event.type, event.path, { scheduledAs: event.scheduledAs, sequenceNumber: event.sequenceNumber });
    case 'changed': {
      const { sequenceNumber, deliveryCount, state } = event;
      return page(event.type, event.path, { sequenceNumber, deliveryCount, state });
    }
    case 'session-state-set':
      return page(event.type, event.path, { sessionId: event.sessionId, bytes: event.state?.length ?? 0 });
    case 'rule-added':
      return page(event.type, event.path, { rule: event.rule.name });
    case 'rule-removed':
      return page(event.type, event.path, { rule: event.name });
    case 'entity-deleted':
      return page(event.type, event.path, {});
  }
}

function page(type: SingleEvent['type'], entity: string, details: object): EventPage {
  return { type, entity, ...details };
}

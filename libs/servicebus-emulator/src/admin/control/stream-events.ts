import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SingleEvent } from '../../entities/events.js';
import type { EventTap } from '../../event-tap.js';
import { describeMessage } from './describe-message.js';

/** A client that leaves this many bytes unread is disconnected: the broker does not keep events. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/**
 * Answers with everything that happens from now on, one JSON object a line, or as server-sent events where
 * `text/event-stream` is accepted. `?entity=orders` narrows it to one entity and its dead-letter queues.
 */
export function streamEvents(tap: EventTap, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const asEvents = request.headers.accept?.includes('text/event-stream') ?? false;
  const entity = url.searchParams.get('entity')?.toLowerCase();
  response.writeHead(200, {
    'content-type': asEvents ? 'text/event-stream' : 'application/x-ndjson',
    'cache-control': 'no-store',
  });
  response.flushHeaders();
  const stop = tap.subscribe((event) => {
    const page = describeSafely(event);
    if (!page || (entity !== undefined && !concerns(page.entity, entity))) return;
    const text = JSON.stringify(page);
    response.write(asEvents ? `event: ${page.type}\ndata: ${text}\n\n` : `${text}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  });
  response.once('close', stop);
}

/** A client that sends what cannot be described must not notice that another one watches. */
function describeSafely(event: SingleEvent): EventPage | undefined {
  try {
    return describeEvent(event);
  } catch (error) {
    return page(event.type, 'path' in event ? event.path : '', { problem: String(error) });
  }
}

interface EventPage {
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

function concerns(path: string, entity: string): boolean {
  const lower = path.toLowerCase();
  return lower === entity || lower.startsWith(`${entity}/`);
}

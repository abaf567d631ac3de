import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventFeed } from './event-feed.js';

/**
 * Answers with everything that happens from now on, one JSON object a line, or as server-sent events where
 * `text/event-stream` is accepted. `?entity=orders` narrows it to one entity and its dead-letter queues.
 */
export function streamEvents(feed: EventFeed, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const format = request.headers.accept?.includes('text/event-stream') ? 'events' : 'lines';
  response.writeHead(200, {
    'content-type': format === 'events' ? 'text/event-stream' : 'application/x-ndjson',
    'cache-control': 'no-store',
  });
  response.flushHeaders();
  response.once('close', feed.follow(response, format, url.searchParams.get('entity')?.toLowerCase()));
}

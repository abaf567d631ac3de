import type { Middleware, Transport } from './transport.js';

/** The part of a transport that sends. */
export type Sender = Pick<Transport, 'send' | 'cancelScheduled'>;

/** How deliveries, sends and new messages are traced; `traceMessaging` of `@orderflow/messaging/opentelemetry` makes one. */
export interface Tracing {
  /** A span a delivery; the first middleware of a consumer. */
  readonly deliveries: Middleware;
  /** The sends of a transport with spans, for a relay or a publisher. */
  sends(transport: Sender): Sender;
  /** What a message that is written now inherits as its headers, so that it belongs to what is under way; none by default. */
  headers(): Readonly<Record<string, string>>;
}

/**
 * A message with its ids, type, version, headers and body bytes: what travels, without saying on which broker.
 * The attributes are those of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 */
export interface Envelope {
  /** Identifies the message for ever: the same for every redelivery, copy and replay. At most 128 characters. */
  readonly id: string;
  /** The contract's type, e.g. `order.place`; empty when the sender named none. */
  readonly type: string;
  /** The contract's version; 0 when the sender named none. */
  readonly version: number;
  /** Who sent it, a URI reference, e.g. `/order-api`. */
  readonly source: string;
  /** When it happened, ISO 8601 in UTC. */
  readonly time: string;
  /** Messages with the same key are sent in order; for order messages the order id. */
  readonly orderingKey?: string;
  /** Shared by everything that one request set off. */
  readonly correlationId?: string;
  /** Media type of the body. */
  readonly contentType: string;
  /** Further headers that travel along, e.g. `traceparent` (https://www.w3.org/TR/trace-context/). */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

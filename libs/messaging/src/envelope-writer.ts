import { randomUUID } from 'node:crypto';
import type { Contract } from './contract.js';
import type { Envelope } from './envelope.js';
import type { Message } from './message.js';
import type { Delivery } from './transport.js';

/** What a new envelope inherits from the message that caused it. */
export interface Cause {
  readonly correlationId: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EnvelopeDetails {
  /** Give one that follows from the business (an order's decision) and a repeated effect repeats no message. Random by default. */
  readonly id?: string;
  readonly orderingKey?: string;
  /** Passes on correlation and trace; a message without a cause starts its own correlation. */
  readonly cause?: Cause;
  /** ISO 8601 in UTC; now by default. */
  readonly time?: string;
}

/**
 * Writes a payload of a contract's latest version as an envelope. The payload is checked: what a consumer would
 * refuse is never sent.
 * @throws whatever the contract throws for an invalid payload
 */
export type EnvelopeWriter = <T>(contract: Contract<T>, payload: T, details?: EnvelopeDetails) => Envelope;

/** @param source who sends, a URI reference such as `/order-api` */
export function createEnvelopeWriter(source: string): EnvelopeWriter {
  return (contract, payload, { id = randomUUID(), orderingKey, cause, time = isoTime(Date.now()) } = {}) => ({
    id,
    type: contract.type,
    version: contract.version,
    source,
    time,
    ...(orderingKey !== undefined && { orderingKey }),
    correlationId: cause?.correlationId ?? id,
    contentType: 'application/json',
    headers: cause?.headers ?? {},
    body: Buffer.from(JSON.stringify(contract.parse(payload))),
  });
}

let last = { at: 0, text: new Date(0).toISOString() };

/** Milliseconds since 1970 as ISO 8601 in UTC. Making a text of a time takes longer than all else of an envelope. */
function isoTime(at: number): string {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

/** Headers of the trace a message is part of (https://www.w3.org/TR/trace-context/, https://www.w3.org/TR/baggage/). */
const traceHeaders = ['traceparent', 'tracestate', 'baggage'] as const;

/**
 * The cause that handling `message` is for what it sends: its correlation and its trace. Of its other headers only those
 * in `inherited` travel on, since a header may be a secret, or mean something to another framework.
 */
export function causeOf(message: Message, inherited: readonly string[] = []): Cause {
  const { correlationId, headers } = message.envelope;
  const passedOn = [...traceHeaders, ...inherited].flatMap((name) => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return { correlationId: correlationId ?? message.id, headers: Object.fromEntries(passedOn) };
}

/** Names the message that caused an event, as payloads carry it. */
export function causeReference(message: Message, delivery: Delivery): { messageId: string; attempt: number } {
  return { messageId: message.id, attempt: delivery.attempt };
}

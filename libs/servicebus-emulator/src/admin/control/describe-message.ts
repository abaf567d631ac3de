import { readApplicationProperties } from '../../codec/message-view.js';
import { readProperties } from '../../codec/properties-section.js';
import { type AmqpValue, ValueReader } from '../../codec/read-value.js';
import { DATA, PROPERTIES, sectionsOf, SEQUENCE, VALUE } from '../../codec/sections.js';
import type { StoredMessage } from '../../message.js';

/** A message as people and scripts read it. */
export interface MessagePage {
  readonly sequenceNumber: number;
  readonly state: StoredMessage['state'];
  readonly deliveryCount: number;
  /** Times are ISO 8601. */
  readonly enqueuedAt: string;
  readonly expiresAt?: string;
  readonly scheduledFor?: string;
  /** While a receiver holds it. */
  readonly lockedUntil?: string;
  /** AMQP's properties that are set: messageId, subject, contentType, groupId (the session) and so on. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  /** As text when it is UTF-8, as JSON when it is an AMQP value; otherwise Base64, with `encoding` saying so. */
  readonly body: unknown;
  readonly encoding?: 'base64';
}

/** @param lockedUntil ms since 1970; undefined when nobody holds the message */
export function describeMessage(message: StoredMessage, lockedUntil?: number): MessagePage {
  const { sequenceNumber, state, deliveryCount, enqueuedAt, expiresAt, scheduledFor, content } = message;
  const sections = sectionsOf(content.bare);
  const properties = sections.find(({ code }) => code === PROPERTIES);
  const applicationProperties = readApplicationProperties(content.bare);
  return {
    sequenceNumber,
    state,
    deliveryCount,
    enqueuedAt: isoTime(enqueuedAt),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
    ...(scheduledFor !== undefined && { scheduledFor: isoTime(scheduledFor) }),
    ...(lockedUntil !== undefined && { lockedUntil: isoTime(lockedUntil) }),
    properties: properties ? readable(readProperties(content.bare, properties.value)) : {},
    applicationProperties: readable(Object.fromEntries(applicationProperties)),
    ...describeBody(content.bare),
  };
}

/** The latest moment JavaScript knows, which stands for every later one. */
const LAST_TIME = 8_640_000_000_000_000;

function isoTime(ms: number): string {
  if (Number.isNaN(ms)) return 'beyond the calendar';
  return new Date(Math.max(Math.min(ms, LAST_TIME), -LAST_TIME)).toISOString();
}

function describeBody(bare: Buffer): Pick<MessagePage, 'body' | 'encoding'> {
  const body = sectionsOf(bare).filter(({ code }) => code === DATA || code === VALUE || code === SEQUENCE);
  const values = body.map(({ value }) => new ValueReader(bare, value).next());
  if (body[0]?.code !== DATA) return { body: json(body[0]?.code === VALUE ? values[0] : values) };
  const bytes = Buffer.concat(values.filter((value) => Buffer.isBuffer(value)));
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { body: text };
  return { body: bytes.toString('base64'), encoding: 'base64' };
}

function readable(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, json(value)]));
}

/** A value as JSON can say it: a long that JSON cannot hold, and bytes, as text. */
function json(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value instanceof Date) return isoTime(value.getTime());
  if (Array.isArray(value)) return value.map(json);
  if (value instanceof Map) {
    return Object.fromEntries([...(value as Map<AmqpValue, AmqpValue>)].map(([key, one]) => [String(key), json(one)]));
  }
  if (typeof value === 'object' && value !== null) return readable(value as Readonly<Record<string, unknown>>);
  return value ?? null;
}

import type { FilterValue } from './filter-value.js';

/**
 * What a rule reads of a message. Implementations decode on demand: a filter that asks for nothing
 * costs nothing, and one that reads `sys.Label` only never decodes application properties.
 */
export interface FilterInput {
  /** A system property, or null when the message does not carry it. */
  system(property: SystemProperty): FilterValue;
  /** The application properties by their exact names. */
  readonly properties: ReadonlyMap<string, FilterValue>;
}

/** Makes the text of a new GUID, for `newid()`: randomness comes from the caller. */
export type NewId = () => string;

/** The system properties that rules know, by our own spelling (see {@link findSystemProperty}). */
export type SystemProperty =
  | 'contentType'
  | 'correlationId'
  | 'deadLetterSource'
  | 'deliveryCount'
  | 'enqueuedSequenceNumber'
  | 'enqueuedTimeUtc'
  | 'expiresAtUtc'
  | 'messageId'
  | 'partitionKey'
  | 'replyTo'
  | 'replyToSessionId'
  | 'scheduledEnqueueTimeUtc'
  | 'sequenceNumber'
  | 'sessionId'
  | 'size'
  | 'subject'
  | 'timeToLive'
  | 'to'
  | 'viaPartitionKey';

/** The type of a system property that an action may set; the others are the broker's own. */
export type SettableType = 'string' | 'timespan' | 'timestamp';

interface SystemPropertyInfo {
  readonly property: SystemProperty;
  /** Absent for what only the broker sets. */
  readonly settable?: SettableType;
}

const ENTRIES: readonly (readonly [name: string, info: SystemPropertyInfo])[] = [
  ['ContentType', { property: 'contentType', settable: 'string' }],
  ['CorrelationId', { property: 'correlationId', settable: 'string' }],
  ['DeadLetterSource', { property: 'deadLetterSource' }],
  ['DeliveryCount', { property: 'deliveryCount' }],
  ['EnqueuedSequenceNumber', { property: 'enqueuedSequenceNumber' }],
  ['EnqueuedTimeUtc', { property: 'enqueuedTimeUtc' }],
  ['ExpiresAtUtc', { property: 'expiresAtUtc' }],
  ['Label', { property: 'subject', settable: 'string' }],
  ['MessageId', { property: 'messageId', settable: 'string' }],
  ['PartitionKey', { property: 'partitionKey', settable: 'string' }],
  ['ReplyTo', { property: 'replyTo', settable: 'string' }],
  ['ReplyToSessionId', { property: 'replyToSessionId', settable: 'string' }],
  ['ScheduledEnqueueTimeUtc', { property: 'scheduledEnqueueTimeUtc', settable: 'timestamp' }],
  ['SequenceNumber', { property: 'sequenceNumber' }],
  ['SessionId', { property: 'sessionId', settable: 'string' }],
  ['Size', { property: 'size' }],
  ['Subject', { property: 'subject', settable: 'string' }],
  ['TimeToLive', { property: 'timeToLive', settable: 'timespan' }],
  ['To', { property: 'to', settable: 'string' }],
  ['ViaPartitionKey', { property: 'viaPartitionKey', settable: 'string' }],
];

const BY_NAME: ReadonlyMap<string, SystemPropertyInfo> = new Map(
  ENTRIES.map(([name, info]) => [name.toLowerCase(), info]),
);

/**
 * Finds what follows `sys.` in a rule, in any case. `Label` is Azure's older word for the subject.
 * @returns undefined when Service Bus has no such system property.
 */
export function findSystemProperty(name: string): SystemPropertyInfo | undefined {
  return BY_NAME.get(name.toLowerCase());
}

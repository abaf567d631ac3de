import type { StoredMessage } from '../message.js';
import { sizeOf } from '../message.js';
import { type FilterInput, type FilterValue, type SystemProperty, Timespan } from '../rules/index.js';
import { toFilterValue } from './application-properties.js';
import { readProperties, type PropertyField } from './properties-section.js';
import { type AmqpValue, ValueReader } from './read-value.js';
import { APPLICATION_PROPERTIES, PROPERTIES, sectionsOf } from './sections.js';

const FROM_PROPERTIES: Partial<Record<SystemProperty, PropertyField>> = {
  contentType: 'contentType',
  correlationId: 'correlationId',
  messageId: 'messageId',
  replyTo: 'replyTo',
  replyToSessionId: 'replyToGroupId',
  sessionId: 'groupId',
  subject: 'subject',
  to: 'to',
};

/** A message as rules read it. Decodes a section when it is first asked for, once for all rules. */
export class MessageView implements FilterInput {
  readonly #message: StoredMessage;
  #fields: Partial<Record<PropertyField, AmqpValue>> | undefined;
  #properties: ReadonlyMap<string, FilterValue> | undefined;

  constructor(message: StoredMessage) {
    this.#message = message;
  }

  get properties(): ReadonlyMap<string, FilterValue> {
    this.#properties ??= readApplicationProperties(this.#message.content.bare);
    return this.#properties;
  }

  system(property: SystemProperty): FilterValue {
    const field = FROM_PROPERTIES[property];
    if (field === undefined) return this.#ofBroker(property);
    this.#fields ??= readFields(this.#message.content.bare);
    const value = this.#fields[field];
    return value === undefined ? null : typeof value === 'bigint' ? String(value) : toFilterValue(value);
  }

  #ofBroker(property: SystemProperty): FilterValue {
    const message = this.#message;
    switch (property) {
      case 'deadLetterSource':
        return message.deadLetterSource ?? null;
      case 'deliveryCount':
        return BigInt(message.deliveryCount);
      case 'enqueuedSequenceNumber':
        return BigInt(message.enqueuedSequenceNumber);
      case 'enqueuedTimeUtc':
        return new Date(message.enqueuedAt);
      case 'expiresAtUtc':
        return message.expiresAt === undefined ? null : new Date(message.expiresAt);
      case 'partitionKey':
        return message.content.partitionKey ?? null;
      case 'scheduledEnqueueTimeUtc':
        return message.scheduledFor === undefined ? null : new Date(message.scheduledFor);
      case 'sequenceNumber':
        return BigInt(message.sequenceNumber);
      case 'size':
        return BigInt(sizeOf(message.content));
      case 'timeToLive':
        return message.content.timeToLive === undefined ? null : new Timespan(message.content.timeToLive);
      default:
        return null;
    }
  }
}

function readFields(bare: Buffer): Partial<Record<PropertyField, AmqpValue>> {
  const section = sectionsOf(bare).find(({ code }) => code === PROPERTIES);
  return section ? readProperties(bare, section.value) : {};
}

/** The application properties of a bare message by their exact names. */
export function readApplicationProperties(bare: Buffer): ReadonlyMap<string, FilterValue> {
  const section = sectionsOf(bare).find(({ code }) => code === APPLICATION_PROPERTIES);
  const properties = new Map<string, FilterValue>();
  if (!section) return properties;
  const reader = new ValueReader(bare, section.value);
  const count = reader.enter();
  for (let i = 0; i < count / 2; i++) {
    const name = reader.next();
    properties.set(String(name), toFilterValue(reader.next()));
  }
  return properties;
}

import type { MessageContent } from '../message.js';
import { checkPropertyTypes } from './application-properties.js';
import { DecodeError } from './decode-error.js';
import { PROPERTY_FIELDS, withMessageId } from './properties-section.js';
import { type AmqpValue, ValueReader } from './read-value.js';
import {
  APPLICATION_PROPERTIES,
  DELIVERY_ANNOTATIONS,
  HEADER,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  SectionCursor,
} from './sections.js';

/** A message as a client sent it, taken apart. */
export interface IncomingMessage {
  readonly content: MessageContent;
  /** The message id as text, made by the broker when the sender gave none. */
  readonly messageId: string;
  readonly sessionId: string | undefined;
  /** Annotation `x-opt-scheduled-enqueue-time`, ms since 1970. */
  readonly scheduledFor: number | undefined;
}

/** Annotations that only the broker sets; a sender's are dropped. */
const BROKER_ANNOTATIONS: ReadonlySet<AmqpValue> = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-enqueue-sequence-number',
  'x-opt-message-state',
  'x-opt-deadletter-source',
  'x-opt-lock-token',
  'x-opt-scheduled-enqueue-time',
  'x-opt-partition-key',
]);

/**
 * Takes an encoded message apart, copying what is kept: `bytes` may be a slice of what was read from a socket.
 * @param newId makes a message id where the sender gave none; every message has one on Service Bus
 * @throws DecodeError
 */
export function readMessage(bytes: Buffer, newId: () => string): IncomingMessage {
  const section = new SectionCursor(bytes);
  let header = NO_HEADER;
  let annotations = NO_ANNOTATIONS;
  let properties = NO_PROPERTIES;
  let bareAt = -1;
  let late: Stretch | undefined;
  while (section.next()) {
    if (section.code === HEADER) header = readHeader(bytes, section.value);
    else if (section.code === MESSAGE_ANNOTATIONS) annotations = readAnnotations(bytes, section.value);
    else if (section.code === PROPERTIES) properties = readProperties(bytes, section.value);
    else if (section.code === APPLICATION_PROPERTIES) checkPropertyTypes(bytes, section.value);
    else if (section.code === DELIVERY_ANNOTATIONS && bareAt >= 0) late = { start: section.start, end: section.end };
    if (bareAt < 0 && section.code >= PROPERTIES) bareAt = section.start;
  }
  if (bareAt < 0) throw new DecodeError('The message has no body.');
  const messageId = properties.messageId ?? newId();
  const bare = late ? without(bytes.subarray(bareAt), late, bareAt) : bytes.subarray(bareAt);
  return {
    messageId,
    sessionId: properties.sessionId,
    scheduledFor: annotations.scheduledFor,
    content: {
      bare: properties.messageId === undefined ? withMessageId(bare, messageId) : own(bare),
      annotations: annotations.others,
      partitionKey: annotations.partitionKey,
      durable: header.durable,
      firstAcquirer: header.firstAcquirer,
      priority: header.priority,
      timeToLive: timeToLive(header.timeToLive, properties),
    },
  };
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Delivery annotations are of one hop: they are not kept. @param offset where `bytes` begin, for the stretch */
function without(bytes: Buffer, { start, end }: Stretch, offset: number): Buffer {
  return Buffer.concat([bytes.subarray(0, start - offset), bytes.subarray(end - offset)]);
}

/**
 * A copy that does not keep what was read from the socket in memory. Small ones share pages of 8 KB: allocating each
 * by itself costs more than all the rest of a send when there is a backlog.
 */
function own(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  return copy;
}

interface Header {
  readonly durable: boolean | undefined;
  readonly firstAcquirer: boolean | undefined;
  readonly priority: number;
  readonly timeToLive: number | undefined;
}

const NO_HEADER: Header = { durable: undefined, firstAcquirer: undefined, priority: 4, timeToLive: undefined };

function readHeader(bytes: Buffer, offset: number): Header {
  const reader = new ValueReader(bytes, offset);
  const count = reader.enter();
  if (count === 0) return NO_HEADER;
  const durable = count > 0 ? reader.next() : null;
  const priority = count > 1 ? reader.next() : null;
  const timeToLive = count > 2 ? reader.next() : null;
  const firstAcquirer = count > 3 ? reader.next() : null;
  return {
    durable: typeof durable === 'boolean' ? durable : undefined,
    firstAcquirer: typeof firstAcquirer === 'boolean' ? firstAcquirer : undefined,
    priority: typeof priority === 'bigint' ? Number(priority) : NO_HEADER.priority,
    timeToLive: typeof timeToLive === 'bigint' ? Number(timeToLive) : undefined,
  };
}

/** What of the properties the broker itself looks at. */
interface Properties {
  messageId: string | undefined;
  sessionId: string | undefined;
  expiry: number | undefined;
  creation: number | undefined;
}

const NO_PROPERTIES: Properties = {
  messageId: undefined,
  sessionId: undefined,
  expiry: undefined,
  creation: undefined,
};

function readProperties(bytes: Buffer, offset: number): Properties {
  const properties: Properties = { ...NO_PROPERTIES };
  const reader = new ValueReader(bytes, offset);
  const count = reader.enter();
  for (let i = 0; i < count && i < PROPERTY_FIELDS.length; i++) {
    const field = PROPERTY_FIELDS[i];
    if (field === 'messageId') properties.messageId = idText(reader.next());
    else if (field === 'groupId') properties.sessionId = textOf(reader.next(), 'group-id');
    else if (field === 'absoluteExpiryTime') properties.expiry = timeOf(reader.next());
    else if (field === 'creationTime') properties.creation = timeOf(reader.next());
    else reader.skip();
  }
  return properties;
}

function idText(value: AmqpValue): string | undefined {
  if (value === null) return undefined;
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value);
}

function textOf(value: AmqpValue, field: string): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new DecodeError(`The property ${field} is a string.`);
}

function timeOf(value: AmqpValue): number | undefined {
  return value instanceof Date ? value.getTime() : undefined;
}

/** The header holds at most 49 days; a longer life shows in the difference of two properties. */
function timeToLive(header: number | undefined, { expiry, creation }: Properties): number | undefined {
  if (header === undefined || expiry === undefined || creation === undefined) return header;
  return expiry - creation > 0xffff_ffff ? expiry - creation : header;
}

interface Annotations {
  scheduledFor: number | undefined;
  partitionKey: string | undefined;
  others: Buffer;
}

const NO_ANNOTATIONS: Annotations = { scheduledFor: undefined, partitionKey: undefined, others: Buffer.alloc(0) };

function readAnnotations(bytes: Buffer, offset: number): Annotations {
  const reader = new ValueReader(bytes, offset);
  const count = reader.enter();
  if (count === 0) return NO_ANNOTATIONS;
  const annotations: Annotations = { ...NO_ANNOTATIONS };
  const others: Buffer[] = [];
  for (let i = 0; i < count / 2; i++) {
    const start = reader.position;
    const key = reader.next();
    if (!BROKER_ANNOTATIONS.has(key)) {
      reader.raw();
      others.push(bytes.subarray(start, reader.position));
      continue;
    }
    const value = reader.next();
    if (key === 'x-opt-scheduled-enqueue-time' && value instanceof Date) annotations.scheduledFor = value.getTime();
    if (key === 'x-opt-partition-key' && typeof value === 'string') annotations.partitionKey = value;
  }
  if (others.length > 0) annotations.others = own(Buffer.concat(others));
  return annotations;
}

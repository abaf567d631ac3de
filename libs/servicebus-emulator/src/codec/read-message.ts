import type { MessageContent } from '../entities/message.js';
import { DecodeError } from './decode-error.js';
import { encodeField, readProperties, type PropertyField, withProperties } from './properties-section.js';
import { type AmqpValue, ValueReader } from './read-value.js';
import { HEADER, MESSAGE_ANNOTATIONS, PROPERTIES, type Section, sectionsOf } from './sections.js';

/** A message as a client sent it, taken apart. */
export interface IncomingMessage {
  readonly content: MessageContent;
  /** The message id as text, made by the broker when the sender gave none. */
  readonly messageId: string;
  readonly sessionId: string | undefined;
  /** Annotation `x-opt-scheduled-enqueue-time`, ms since 1970. */
  readonly scheduledFor: number | undefined;
}

const NOTHING = Buffer.alloc(0);

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
  const sections = sectionsOf(bytes);
  const find = (code: number): Section | undefined => sections.find((section) => section.code === code);
  const firstBare = sections.find(({ code }) => code >= PROPERTIES);
  if (!firstBare) throw new DecodeError('The message has no body.');
  const header = readHeader(bytes, find(HEADER));
  const annotations = readAnnotations(bytes, find(MESSAGE_ANNOTATIONS));
  const properties = firstBare.code === PROPERTIES ? readProperties(bytes, firstBare.value) : {};
  const given = properties.messageId;
  const messageId = given === undefined ? newId() : idText(given);
  const bare = bytes.subarray(firstBare.start);
  return {
    messageId,
    sessionId: textOf(properties.groupId, 'group-id'),
    scheduledFor: annotations.scheduledFor,
    content: {
      bare:
        given === undefined
          ? withProperties(bare, new Map([['messageId', encodeField('messageId', messageId)]]))
          : own(bare),
      annotations: annotations.others,
      partitionKey: annotations.partitionKey,
      priority: header.priority,
      timeToLive: timeToLive(header.timeToLive, properties),
    },
  };
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

function idText(value: AmqpValue): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value);
}

function textOf(value: AmqpValue | undefined, field: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new DecodeError(`The property ${field} is a string.`);
}

function readHeader(bytes: Buffer, section: Section | undefined): { priority: number; timeToLive: number | undefined } {
  if (!section) return { priority: 4, timeToLive: undefined };
  const { count, reader } = new ValueReader(bytes, section.value).items();
  const fields = Array.from({ length: Math.min(count, 3) }, () => reader.next());
  return {
    priority: typeof fields[1] === 'bigint' ? Number(fields[1]) : 4,
    timeToLive: typeof fields[2] === 'bigint' ? Number(fields[2]) : undefined,
  };
}

/** The header holds at most 49 days; a longer life shows in the difference of two properties. */
function timeToLive(
  header: number | undefined,
  properties: Partial<Record<PropertyField, AmqpValue>>,
): number | undefined {
  const { absoluteExpiryTime, creationTime } = properties;
  if (absoluteExpiryTime instanceof Date && creationTime instanceof Date) {
    const life = absoluteExpiryTime.getTime() - creationTime.getTime();
    if (life > 0xffff_ffff && header !== undefined) return life;
  }
  return header;
}

interface Annotations {
  scheduledFor: number | undefined;
  partitionKey: string | undefined;
  others: Buffer;
}

function readAnnotations(bytes: Buffer, section: Section | undefined): Annotations {
  const annotations: Annotations = { scheduledFor: undefined, partitionKey: undefined, others: NOTHING };
  if (!section) return annotations;
  const { count, reader } = new ValueReader(bytes, section.value).items();
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

import type { Message, MessageProperties, Options } from 'amqplib';
import type { Envelope } from '../../envelope.js';
import type { EditedMessage } from '../../dead-letter/dead-letters.js';
import { editedEnvelope, editedProperties } from '../../dead-letter/edited-message.js';
import type { Death, DeliveryState } from '../../delivery-state.js';
import {
  consumerVersionProperty,
  expiresAtProperty,
  idProperties,
  type NativeMessage,
  nativeMessageId,
  type ReceivedMessage,
  stateProperties,
  timeToLiveProperty,
} from '../../native-message.js';
import { type Lifetime, lifetime } from './lifetime.js';

/** A message as it is handed to the client. */
export interface Sendable {
  /** Our id of the message, for people. */
  readonly id: string;
  /** The message's type, by which topics route. */
  readonly type: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/** Headers that a dead letter has besides its message's own. */
export const deathHeaders = {
  cause: 'DeadLetterReason',
  detail: 'DeadLetterErrorDescription',
  /** Unique among dead letters, and the same for every look. */
  place: 'messaging_dead_letter_place',
  /** The broker's count of unsettled deliveries before the last one. */
  deliveryCount: 'messaging_dead_letter_deliveries',
  consumerVersion: consumerVersionProperty,
} as const;

const ourDeathHeaders: ReadonlySet<string> = new Set(Object.values(deathHeaders));
/** What the broker says of a stay in a queue; a repeated `x-death` would make it drop the message without a word. */
const brokerHeaders = /^x-(death|(first|last)-death-.*|delivery-count|acquired-count|opt-.*)$/;

/** Of everything that is sent: stored, and returned when no queue takes it, which is no failure for an event. */
const howSent = Object.freeze({ persistent: true, mandatory: true });

/** A new message that is delivered `delayMs` after `sentAt`, in milliseconds since 1970. */
export function toSendable(native: NativeMessage, envelope: Envelope, sentAt: number, delayMs = 0): Sendable {
  const { timeToLiveMs } = native;
  const ends = timeToLiveMs === undefined ? undefined : lifetime(timeToLiveMs, sentAt, delayMs);
  return {
    id: envelope.id,
    type: native.subject,
    content: bufferOf(native.body),
    options: {
      ...howSent,
      messageId: native.messageId,
      type: native.subject,
      contentType: native.contentType,
      timestamp: Math.floor(sentAt / 1_000),
      headers: ends === undefined ? native.applicationProperties : { ...native.applicationProperties, ...ends.headers },
      ...(ends?.expiration !== undefined && { expiration: ends.expiration }),
      ...(native.correlationId !== undefined && { correlationId: native.correlationId }),
    },
  };
}

/** A message without anything of ours; topics route by `subject`. */
export function toForeignSendable(
  body: Uint8Array,
  subject: string,
  headers: Readonly<Record<string, string | number>>,
): Sendable {
  const options = { ...howSent, ...(subject !== '' && { type: subject }), headers };
  return { id: '(without an id)', type: subject, content: bufferOf(body), options };
}

/** What of a message is for {@link fromNative}. */
export function toReceived({ properties, content }: Message): ReceivedMessage {
  return {
    messageId: properties.messageId,
    subject: properties.type,
    contentType: properties.contentType,
    correlationId: properties.correlationId,
    applicationProperties: readHeaders(properties),
    body: content,
  };
}

/** When its sender sent it, by the sender's clock; `otherwise` when it does not say. */
export function sentAt({ properties }: Message, otherwise: number): Date {
  const seconds: unknown = properties.timestamp;
  return new Date(typeof seconds === 'number' ? seconds * 1_000 : otherwise);
}

/** How often a quorum queue delivered it before without an answer; a classic queue knows only whether it did. */
export function deliveryCountOf({ fields, properties }: Message): number {
  const count: unknown = properties.headers?.['x-delivery-count'];
  if (typeof count === 'number') return count;
  return fields.redelivered ? 1 : 0;
}

/**
 * The copy of a message with another state and end, and everything else as it is: properties, headers and the types of
 * their values. Without an end it does not expire; for how long its original would have lived it still says.
 */
export function copyOf(message: Message, envelope: Envelope, state: DeliveryState, ends?: Lifetime): Sendable {
  const headers = {
    ...ownHeaders(message.properties),
    ...idProperties(envelope, message.properties.headers ?? {}),
    ...stateProperties(state),
    [expiresAtProperty]: undefined,
    ...ends?.headers,
  };
  const copy = sendableCopy(message, envelope, headers, nativeMessageId({ ...state, id: envelope.id }));
  if (ends?.expiration === undefined) return copy;
  return { ...copy, options: { ...copy.options, expiration: ends.expiration } };
}

/** A message and its envelope as an edit makes them. */
export function editedMessage(
  message: Message,
  envelope: Envelope,
  edit: EditedMessage,
): { readonly message: Message; readonly envelope: Envelope } {
  const headers = { ...message.properties.headers, ...editedProperties(edit) };
  return {
    message: { ...message, content: bufferOf(edit.body), properties: { ...message.properties, headers } },
    envelope: editedEnvelope(envelope, edit),
  };
}

/**
 * The dead letter of a message: itself, with what it died of. `copyTo` is a queue that gets it as well, from the same
 * publish; the letter in its dead-letter queue does not tell of that
 * (https://www.rabbitmq.com/docs/sender-selected).
 */
export function deadLetterOf(
  message: Message,
  envelope: Envelope,
  death: Death & { readonly place: string },
  copyTo?: string,
): Sendable {
  const headers = {
    ...ownHeaders(message.properties),
    ...idProperties(envelope, message.properties.headers ?? {}),
    [deathHeaders.cause]: death.reason,
    [deathHeaders.detail]: death.detail,
    [deathHeaders.place]: death.place,
    [deathHeaders.deliveryCount]: deliveryCountOf(message),
    ...(death.consumerVersion !== undefined && { [deathHeaders.consumerVersion]: death.consumerVersion }),
    ...(copyTo !== undefined && { BCC: [copyTo] }),
  };
  return sendableCopy(message, envelope, headers, message.properties.messageId ?? envelope.id);
}

function sendableCopy(
  { properties, content }: Message,
  envelope: Envelope,
  headers: Record<string, unknown>,
  messageId: string,
): Sendable {
  const { contentType, contentEncoding, priority, correlationId, replyTo, timestamp, type, appId } = properties;
  const { expiration } = properties;
  const timeToLive = Number(expiration ?? 0);
  if (timeToLive > 0) headers[timeToLiveProperty] ??= timeToLive;
  const kept = { contentType, contentEncoding, priority, correlationId, replyTo, timestamp, type, appId };
  return { id: envelope.id, type: type ?? '', content, options: { ...kept, ...howSent, messageId, headers } };
}

/** The headers that its sender gave it, and those that say where it is in its life. */
function ownHeaders({ headers = {} }: MessageProperties): Record<string, unknown> {
  const entries = Object.entries(headers).filter(([name]) => !isStays(name));
  return Object.fromEntries(entries);
}

/** Headers as values that can be read; the client's way to write a moment is its own. Mostly they are that as they are. */
function readHeaders({ headers = {} }: MessageProperties): Readonly<Record<string, unknown>> {
  for (const name in headers) if (isStays(name) || isTimestamp(headers[name])) return convertedHeaders(headers);
  return headers;
}

function convertedHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const read: Record<string, unknown> = {};
  for (const name in headers) {
    if (isStays(name)) continue;
    const value: unknown = headers[name];
    read[name] = isTimestamp(value) ? new Date(value.value * 1_000) : value;
  }
  return read;
}

/** Whether a header tells of one stay in a queue: a copy starts without, and so does what a consumer sees. */
function isStays(name: string): boolean {
  if (name.startsWith('x-')) return brokerHeaders.test(name);
  return name === 'CC' || name === 'BCC' || ourDeathHeaders.has(name);
}

function isTimestamp(value: unknown): value is { readonly value: number } {
  return typeof value === 'object' && value !== null && '!' in value && value['!'] === 'timestamp';
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

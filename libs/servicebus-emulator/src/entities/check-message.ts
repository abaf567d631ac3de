import { type PropertyChanges, withApplicationProperties } from '../codec/application-properties.js';
import { ValueReader } from '../codec/read-value.js';
import { APPLICATION_PROPERTIES, PROPERTIES, sectionsOf } from '../codec/sections.js';
import type { IncomingMessage } from '../codec/read-message.js';
import { BrokerError } from './errors.js';
import type { MessageContent } from '../message.js';

/** The longest message id, session id and partition key, in characters (Learn, "Service Bus quotas"). */
const MAX_ID_LENGTH = 128;
/** The largest single property of a message, in bytes (Learn, "Service Bus quotas"). */
const MAX_PROPERTY_BYTES = 32 * 1024;
/** All properties of a message together, in bytes (Learn, "Service Bus quotas"). */
const MAX_HEADER_BYTES = 64 * 1024;

/** @throws BrokerError argument-error when an id is too long, or a property too large */
export function checkMessage({ messageId, sessionId, content }: IncomingMessage): void {
  checkId('message id', messageId);
  checkId('session id', sessionId);
  checkId('partition key', content.partitionKey);
  checkHeader(content);
}

/** @throws BrokerError argument-error when a property is too large, or all of them are */
export function checkHeader(content: MessageContent): void {
  const problem = problemOfHeader(content);
  if (problem) throw new BrokerError('com.microsoft:argument-error', problem);
}

/**
 * The content with application properties as a receiver wants them.
 * @throws BrokerError argument-error when a property becomes too large, or all of them do
 */
export function withChanges(content: MessageContent, changes: PropertyChanges): MessageContent {
  const changed = { ...content, bare: withApplicationProperties(content.bare, changes) };
  checkHeader(changed);
  return changed;
}

function checkId(what: string, id: string | undefined): void {
  if (id === undefined || id.length <= MAX_ID_LENGTH) return;
  throw new BrokerError(
    'com.microsoft:argument-error',
    `The ${what} has ${id.length} characters; at most ${MAX_ID_LENGTH} are allowed.`,
  );
}

/** What is too large among a message's properties; undefined when nothing is. */
export function problemOfHeader({ bare, annotations }: MessageContent): string | undefined {
  // Nearly every message is smaller as a whole than a single property may be.
  if (bare.length + annotations.length <= MAX_PROPERTY_BYTES) return undefined;
  let total = annotations.length;
  for (const { code, start, value, end } of sectionsOf(bare)) {
    if (code !== PROPERTIES && code !== APPLICATION_PROPERTIES) continue;
    total += end - start;
    const size = largestItem(bare, value);
    if (size > MAX_PROPERTY_BYTES) {
      return `A property of the message has ${size} bytes; at most ${MAX_PROPERTY_BYTES} are allowed.`;
    }
  }
  if (total <= MAX_HEADER_BYTES) return undefined;
  return `The properties of the message have ${total} bytes in all; at most ${MAX_HEADER_BYTES} are allowed.`;
}

function largestItem(bytes: Buffer, at: number): number {
  const reader = new ValueReader(bytes, at);
  const count = reader.enter();
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, reader.raw().length);
  return largest;
}

import { readMessage, type IncomingMessage } from '../codec/read-message.js';
import { DATA, HEADER, MESSAGE_ANNOTATIONS, PROPERTIES } from '../codec/sections.js';
import { ValueWriter } from '../codec/value-writer.js';
import { readProperties } from '../codec/properties-section.js';
import type { StoredMessage } from '../message.js';

export interface TestMessage {
  readonly id: string;
  /** Ms. */
  readonly timeToLive?: number | undefined;
  /** Ms since 1970. */
  readonly scheduledFor?: number | undefined;
  readonly sessionId?: string | undefined;
  readonly subject?: string | undefined;
  readonly body?: Buffer;
}

/** An encoded message, as a client would send it. */
export function encodeTestMessage({ id, timeToLive, scheduledFor, sessionId, subject, body }: TestMessage): Buffer {
  const writer = new ValueWriter();
  if (timeToLive !== undefined) writer.descriptor(HEADER).list(3, (list) => list.null().null().uint(timeToLive));
  if (scheduledFor !== undefined) {
    writer.descriptor(MESSAGE_ANNOTATIONS);
    writer.map(1, (map) => map.symbol('x-opt-scheduled-enqueue-time').timestamp(scheduledFor));
  }
  const text = (list: ValueWriter, value: string | undefined) =>
    value === undefined ? list.null() : list.string(value);
  writer.descriptor(PROPERTIES).list(11, (list) => {
    list.string(id).null().null();
    text(list, subject);
    list.null().null().null().null().null().null();
    text(list, sessionId);
  });
  return writer
    .descriptor(DATA)
    .binary(body ?? Buffer.from(id))
    .finish();
}

export function testMessage(message: TestMessage): IncomingMessage {
  return readMessage(encodeTestMessage(message), () => 'unused');
}

/** The id a test gave a message. */
export function idOf({ content }: StoredMessage): string {
  return String(readProperties(content.bare, 3).messageId);
}

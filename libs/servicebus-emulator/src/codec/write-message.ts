import type { StoredMessage } from '../message.js';
import { ValueReader } from './read-value.js';
import { HEADER, MESSAGE_ANNOTATIONS } from './sections.js';
import { ValueWriter } from './value-writer.js';

const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;
const MAX_UINT = 0xffff_ffff;

// The annotations of every message, encoded once.
const SEQUENCE_NUMBER = symbol('x-opt-sequence-number');
const ENQUEUED_SEQUENCE_NUMBER = symbol('x-opt-enqueue-sequence-number');
const ENQUEUED_TIME = symbol('x-opt-enqueued-time');
const MESSAGE_STATE = symbol('x-opt-message-state');
const LOCKED_UNTIL = symbol('x-opt-locked-until');

function symbol(name: string): Buffer {
  return new ValueWriter().symbol(name).finish();
}

/**
 * A message as a receiver gets it: the broker's header and annotations, then the bare message byte for byte.
 * @param lockedUntil ms since 1970, for a message handed out under a lock
 */
export function writeMessage(message: StoredMessage, lockedUntil?: number): Buffer {
  const { content } = message;
  const writer = new ValueWriter(content.bare.length + content.annotations.length + 320);
  writeHeader(writer, message);
  writer.descriptor(MESSAGE_ANNOTATIONS);
  const others = countPairs(content.annotations);
  const optional =
    Number(lockedUntil !== undefined) +
    Number(message.scheduledFor !== undefined) +
    Number(content.partitionKey !== undefined) +
    Number(message.deadLetterSource !== undefined);
  writer.map(4 + optional + others, (map) => {
    map.raw(SEQUENCE_NUMBER).long(message.sequenceNumber);
    map.raw(ENQUEUED_SEQUENCE_NUMBER).long(message.enqueuedSequenceNumber);
    map.raw(ENQUEUED_TIME).timestamp(message.enqueuedAt);
    map.raw(MESSAGE_STATE).int(STATE_CODES[message.state]);
    if (lockedUntil !== undefined) map.raw(LOCKED_UNTIL).timestamp(lockedUntil);
    if (message.scheduledFor !== undefined) map.symbol('x-opt-scheduled-enqueue-time').timestamp(message.scheduledFor);
    if (content.partitionKey !== undefined) map.symbol('x-opt-partition-key').string(content.partitionKey);
    if (message.deadLetterSource !== undefined) map.symbol('x-opt-deadletter-source').string(message.deadLetterSource);
    map.raw(content.annotations);
  });
  return writer.raw(content.bare).view();
}

/** What does not expire any more, a dead letter, still says what its sender asked for: whoever sends it again needs it. */
function writeHeader(writer: ValueWriter, message: StoredMessage): void {
  const { expiresAt, enqueuedAt, content } = message;
  const lifetime = expiresAt === undefined ? content.timeToLive : expiresAt - enqueuedAt;
  writer.descriptor(HEADER).list(5, (list) => {
    list.boolean(true).ubyte(message.content.priority);
    if (lifetime === undefined) list.null();
    else list.uint(Math.min(Math.max(lifetime, 0), MAX_UINT));
    list.boolean(message.deliveryCount === 0).uint(message.deliveryCount);
  });
}

function countPairs(annotations: Buffer): number {
  const reader = new ValueReader(annotations);
  let pairs = 0;
  while (!reader.done) {
    reader.raw();
    reader.raw();
    pairs++;
  }
  return pairs;
}

import type { StoredMessage } from '../message.js';
import { ValueReader } from './read-value.js';
import { DELIVERY_ANNOTATIONS, HEADER, MESSAGE_ANNOTATIONS } from './sections.js';
import { ValueWriter } from './value-writer.js';

const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;
const MAX_UINT = 0xffff_ffff;

// The annotations of every message, encoded once.
const SEQUENCE_NUMBER = symbol('x-opt-sequence-number');
const ENQUEUED_SEQUENCE_NUMBER = symbol('x-opt-enqueue-sequence-number');
const ENQUEUED_TIME = symbol('x-opt-enqueued-time');
const MESSAGE_STATE = symbol('x-opt-message-state');
const LOCKED_UNTIL = symbol('x-opt-locked-until');
const LOCK_TOKEN = symbol('x-opt-lock-token');

function symbol(name: string): Buffer {
  return new ValueWriter().symbol(name).finish();
}

/** The lock under which a message is handed out. */
interface Lock {
  /** Ms since 1970. */
  readonly until: number | undefined;
  /** Its token, a uuid in the order of RFC 4122. */
  readonly token: Buffer;
}

/** A message that is looked at, in whichever state it is. */
export function writePeeked(message: StoredMessage): Buffer {
  return write(message, message.state, undefined);
}

/**
 * A message as a receiver gets it: the broker's header and annotations, then the bare message byte for byte.
 * @param lock undefined for a message that is handed out for good
 */
export function writeReceived(message: StoredMessage, lock: Lock | undefined): Buffer {
  // What came by its schedule says so to its receiver, and only to that: Microsoft's own tests of Azure expect it.
  const cameBySchedule = message.state === 'active' && message.scheduledFor !== undefined;
  return write(message, cameBySchedule ? 'scheduled' : message.state, lock);
}

function write(message: StoredMessage, state: StoredMessage['state'], lock: Lock | undefined): Buffer {
  const { content } = message;
  const writer = new ValueWriter(content.bare.length + content.annotations.length + 360);
  writeHeader(writer, message);
  // Clients that cannot use the delivery's tag find the token here.
  if (lock) writer.descriptor(DELIVERY_ANNOTATIONS).map(1, (map) => map.raw(LOCK_TOKEN).uuid(lock.token));
  writer.descriptor(MESSAGE_ANNOTATIONS);
  const others = countPairs(content.annotations);
  const optional =
    Number(lock?.until !== undefined) +
    Number(message.scheduledFor !== undefined) +
    Number(content.partitionKey !== undefined) +
    Number(message.deadLetterSource !== undefined);
  writer.map(4 + optional + others, (map) => {
    map.raw(SEQUENCE_NUMBER).long(message.sequenceNumber);
    map.raw(ENQUEUED_SEQUENCE_NUMBER).long(message.enqueuedSequenceNumber);
    map.raw(ENQUEUED_TIME).timestamp(message.enqueuedAt);
    map.raw(MESSAGE_STATE).int(STATE_CODES[state]);
    if (lock?.until !== undefined) map.raw(LOCKED_UNTIL).timestamp(lock.until);
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
    writeFlag(list, content.durable).ubyte(content.priority);
    if (lifetime === undefined) list.null();
    else list.uint(Math.min(Math.max(lifetime, 0), MAX_UINT));
    writeFlag(list, content.firstAcquirer).uint(message.deliveryCount);
  });
}

function writeFlag(writer: ValueWriter, flag: boolean | undefined): ValueWriter {
  return flag === undefined ? writer.null() : writer.boolean(flag);
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

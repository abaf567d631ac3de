import { sizeOf, type StoredMessage } from '../message.js';
import { ValueReader } from './read-value.js';
import { DELIVERY_ANNOTATIONS, HEADER, MESSAGE_ANNOTATIONS } from './sections.js';
import { ValueWriter } from './value-writer.js';

const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;
const MAX_UINT = 0xffff_ffff;

/** What the broker adds to a message, in bytes; more when it has a partition key or was forwarded from dead letters. */
const OVERHEAD = 360;
/** Messages up to this size, in bytes, are written into the same memory one after the other. */
const MAX_SHARED = 64 * 1024;
const shared = new ValueWriter(MAX_SHARED);

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

/** As {@link writeReceived}, in memory that the next call uses again. */
export function writeDelivered(message: StoredMessage, lock: Lock | undefined): Buffer {
  const isSmall = sizeOf(message.content) + OVERHEAD <= MAX_SHARED;
  return write(message, stateForReceiver(message), lock, isSmall ? shared.clear() : newWriter(message));
}

/**
 * A message as a receiver gets it: the broker's header and annotations, then the bare message byte for byte.
 * @param lock undefined for a message that is handed out for good
 */
export function writeReceived(message: StoredMessage, lock: Lock | undefined): Buffer {
  return write(message, stateForReceiver(message), lock);
}

/** What came by its schedule says so to its receiver, and only to that: Microsoft's own tests of Azure expect it. */
function stateForReceiver({ state, scheduledFor }: StoredMessage): StoredMessage['state'] {
  return state === 'active' && scheduledFor !== undefined ? 'scheduled' : state;
}

function newWriter({ content }: StoredMessage): ValueWriter {
  return new ValueWriter(sizeOf(content) + OVERHEAD);
}

function write(
  message: StoredMessage,
  state: StoredMessage['state'],
  lock: Lock | undefined,
  writer = newWriter(message),
): Buffer {
  const { content } = message;
  writeHeader(writer, message);
  // Clients that cannot use the delivery's tag find the token here.
  if (lock) {
    const annotations = writer.descriptor(DELIVERY_ANNOTATIONS).beginMap(1);
    writer.raw(LOCK_TOKEN).uuid(lock.token).end(annotations);
  }
  writer.descriptor(MESSAGE_ANNOTATIONS);
  const others = countPairs(content.annotations);
  const optional =
    Number(lock?.until !== undefined) +
    Number(message.scheduledFor !== undefined) +
    Number(content.partitionKey !== undefined) +
    Number(message.deadLetterSource !== undefined);
  const map = writer.beginMap(4 + optional + others);
  writer.raw(SEQUENCE_NUMBER).long(message.sequenceNumber);
  writer.raw(ENQUEUED_SEQUENCE_NUMBER).long(message.enqueuedSequenceNumber);
  writer.raw(ENQUEUED_TIME).timestamp(message.enqueuedAt);
  writer.raw(MESSAGE_STATE).int(STATE_CODES[state]);
  if (lock?.until !== undefined) writer.raw(LOCKED_UNTIL).timestamp(lock.until);
  if (message.scheduledFor !== undefined) writer.symbol('x-opt-scheduled-enqueue-time').timestamp(message.scheduledFor);
  if (content.partitionKey !== undefined) writer.symbol('x-opt-partition-key').string(content.partitionKey);
  if (message.deadLetterSource !== undefined) writer.symbol('x-opt-deadletter-source').string(message.deadLetterSource);
  if (others > 0) writer.raw(content.annotations);
  return writer.end(map).raw(content.bare).view();
}

/** What does not expire any more, a dead letter, still says what its sender asked for: whoever sends it again needs it. */
function writeHeader(writer: ValueWriter, message: StoredMessage): void {
  const { expiresAt, enqueuedAt, content } = message;
  const lifetime = expiresAt === undefined ? content.timeToLive : expiresAt - enqueuedAt;
  const list = writer.descriptor(HEADER).beginList(5);
  writeFlag(writer, content.durable).ubyte(content.priority);
  if (lifetime === undefined) writer.null();
  else writer.uint(Math.min(Math.max(lifetime, 0), MAX_UINT));
  writeFlag(writer, content.firstAcquirer).uint(message.deliveryCount).end(list);
}

function writeFlag(writer: ValueWriter, flag: boolean | undefined): ValueWriter {
  return flag === undefined ? writer.null() : writer.boolean(flag);
}

function countPairs(annotations: Buffer): number {
  if (annotations.length === 0) return 0;
  const reader = new ValueReader(annotations);
  let pairs = 0;
  while (!reader.done) {
    reader.raw();
    reader.raw();
    pairs++;
  }
  return pairs;
}

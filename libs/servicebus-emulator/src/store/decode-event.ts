import type { BrokerEvent, EntityDescription, SingleEvent } from '../entities/events.js';
import type { MessageContent, MessageState, StoredMessage } from '../message.js';
import type { ByteReader } from './byte-reader.js';
import { PRIORITIES, STATES, TAG } from './event-tags.js';
import { readRule } from './rule-text.js';

/** The contents already read in one group, in order. */
type Seen = MessageContent[];

type Decode = (reader: ByteReader, seen: Seen) => SingleEvent;

/**
 * Reads the next event of a record.
 * @throws RangeError when the bytes are not an event: they were written by a later version of this program.
 */
export function decodeEvent(reader: ByteReader): BrokerEvent {
  const tag = reader.byte();
  if (tag !== TAG.group) {
    return decodeSingle(tag, reader, []);
  }
  const count = reader.count();
  const seen: Seen = [];
  const events: SingleEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    events.push(decodeSingle(reader.byte(), reader, seen));
  }
  return { type: 'group', events };
}

function decodeSingle(tag: number, reader: ByteReader, seen: Seen): SingleEvent {
  const decode = DECODERS.get(tag);
  if (decode === undefined) {
    throw new RangeError(`unknown event ${tag}`);
  }
  return decode(reader, seen);
}

const DECODERS: ReadonlyMap<number, Decode> = new Map<number, Decode>([
  [TAG['entity-created'], (reader) => ({ type: 'entity-created', entity: readEntity(reader), at: reader.double() })],
  [TAG['entity-updated'], (reader) => ({ type: 'entity-updated', entity: readEntity(reader), at: reader.double() })],
  [TAG['entity-deleted'], (reader) => ({ type: 'entity-deleted', path: reader.text(), at: reader.double() })],
  [
    TAG['rule-added'],
    (reader) => ({ type: 'rule-added', path: reader.text(), rule: readRule(reader.text()), at: reader.double() }),
  ],
  [
    TAG['rule-removed'],
    (reader) => ({ type: 'rule-removed', path: reader.text(), name: reader.text(), at: reader.double() }),
  ],
  [TAG.enqueued, (reader, seen) => ({ type: 'enqueued', path: reader.text(), message: readMessage(reader, seen) })],
  [TAG.removed, (reader) => ({ type: 'removed', path: reader.text(), sequenceNumber: reader.count() })],
  [
    TAG.activated,
    (reader) => ({
      type: 'activated',
      path: reader.text(),
      sequenceNumber: reader.count(),
      scheduledAs: reader.count(),
      at: reader.double(),
      expiresAt: reader.optional(() => reader.double()),
    }),
  ],
  [TAG.changed, readChanged],
  [TAG['sequence-used'], (reader) => ({ type: 'sequence-used', path: reader.text(), last: reader.count() })],
  [
    TAG['message-id-seen'],
    (reader) => ({ type: 'message-id-seen', path: reader.text(), key: reader.text(), at: reader.double() }),
  ],
  [
    TAG['message-id-forgotten'],
    (reader) => ({ type: 'message-id-forgotten', path: reader.text(), key: reader.text() }),
  ],
  [
    TAG['session-state-set'],
    (reader) => ({
      type: 'session-state-set',
      path: reader.text(),
      sessionId: reader.text(),
      state: reader.optional(() => reader.bytes()),
      at: reader.double(),
    }),
  ],
]);

/** Options that are undefined are not in the JSON; absent and undefined mean the same to their readers. */
function readEntity(reader: ByteReader): EntityDescription {
  return JSON.parse(reader.text()) as EntityDescription;
}

function readChanged(reader: ByteReader, seen: Seen): SingleEvent {
  const path = reader.text();
  const sequenceNumber = reader.count();
  const deliveryCount = reader.count();
  const state = readState(reader);
  if (state === 'scheduled') {
    throw new RangeError('a message cannot become scheduled');
  }
  const content = reader.optional(() => readContent(reader, seen));
  return { type: 'changed', path, sequenceNumber, deliveryCount, state, content };
}

function readMessage(reader: ByteReader, seen: Seen): StoredMessage {
  return {
    sequenceNumber: reader.count(),
    enqueuedSequenceNumber: reader.count(),
    enqueuedAt: reader.double(),
    expiresAt: reader.optional(() => reader.double()),
    deliveryCount: reader.count(),
    state: readState(reader),
    scheduledFor: reader.optional(() => reader.double()),
    sessionId: reader.optional(() => reader.text()),
    deadLetterSource: reader.optional(() => reader.text()),
    hops: reader.count(),
    content: readContent(reader, seen),
  };
}

function readState(reader: ByteReader): MessageState {
  const index = reader.byte();
  const state = STATES[index];
  if (state === undefined) {
    throw new RangeError(`unknown message state ${index}`);
  }
  return state;
}

function flagOf(code: number): boolean | undefined {
  return code === 0 ? undefined : code === 2;
}

function readContent(reader: ByteReader, seen: Seen): MessageContent {
  const place = reader.count();
  if (place > 0) {
    const earlier = seen[place - 1];
    if (earlier === undefined) {
      throw new RangeError(`there is no message content ${place}`);
    }
    return earlier;
  }
  const bare = reader.bytes();
  const annotations = reader.bytes();
  const header = reader.count();
  const flags = Math.floor(header / PRIORITIES);
  const content: MessageContent = {
    bare,
    annotations,
    durable: flagOf(flags % 3),
    firstAcquirer: flagOf(Math.floor(flags / 3)),
    priority: header % PRIORITIES,
    timeToLive: reader.optional(() => reader.double()),
    partitionKey: reader.optional(() => reader.text()),
  };
  seen.push(content);
  return content;
}

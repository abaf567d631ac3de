import type { BrokerEvent, SingleEvent } from '../entities/events.js';
import type { MessageContent, StoredMessage } from '../message.js';
import type { ByteWriter } from './byte-writer.js';
import { PRIORITIES, STATES, TAG } from './event-tags.js';
import { writeRule } from './rule-text.js';

/** The contents already written in one group, by the order in which they were; undefined for an event by itself. */
type Written = Map<MessageContent, number> | undefined;

/** Appends an event to a record; message bytes go in as they are. */
export function encodeEvent(event: BrokerEvent, writer: ByteWriter): void {
  if (event.type !== 'group') {
    encodeSingle(event, writer, undefined);
    return;
  }
  writer.byte(TAG.group);
  writer.count(event.events.length);
  const written = new Map<MessageContent, number>();
  for (const single of event.events) {
    encodeSingle(single, writer, written);
  }
}

function encodeSingle(event: SingleEvent, writer: ByteWriter, written: Written): void {
  writer.byte(TAG[event.type]);
  switch (event.type) {
    case 'entity-created':
    case 'entity-updated':
      writer.text(JSON.stringify(event.entity));
      return writer.double(event.at);
    case 'entity-deleted':
      writer.text(event.path);
      return writer.double(event.at);
    case 'rule-added':
      writer.text(event.path);
      writer.text(writeRule(event.rule));
      return writer.double(event.at);
    case 'rule-removed':
      writer.text(event.path);
      writer.text(event.name);
      return writer.double(event.at);
    case 'enqueued':
      writer.text(event.path);
      return encodeMessage(event.message, writer, written);
    case 'sequence-used':
      writer.text(event.path);
      return writer.count(event.last);
    case 'message-id-seen':
      writer.text(event.path);
      writer.text(event.key);
      return writer.double(event.at);
    case 'message-id-forgotten':
      writer.text(event.path);
      return writer.text(event.key);
    case 'session-state-set':
      writer.text(event.path);
      writer.text(event.sessionId);
      writer.optional(event.state, (state) => writer.bytes(state));
      return writer.double(event.at);
    default:
      return encodeTransition(event, writer, written);
  }
}

type Transition = SingleEvent & { readonly type: 'removed' | 'activated' | 'changed' };

/** What happens to a message that is already there. */
function encodeTransition(event: Transition, writer: ByteWriter, written: Written): void {
  writer.text(event.path);
  writer.count(event.sequenceNumber);
  switch (event.type) {
    case 'removed':
      return;
    case 'activated':
      writer.count(event.scheduledAs);
      writer.double(event.at);
      return writer.optional(event.expiresAt, (at) => writer.double(at));
    case 'changed':
      writer.count(event.deliveryCount);
      writer.byte(STATES.indexOf(event.state));
      return writer.optional(event.content, (content) => encodeContent(content, writer, written));
  }
}

function encodeMessage(message: StoredMessage, writer: ByteWriter, written: Written): void {
  writer.count(message.sequenceNumber);
  writer.count(message.enqueuedSequenceNumber);
  writer.double(message.enqueuedAt);
  writer.optional(message.expiresAt, (at) => writer.double(at));
  writer.count(message.deliveryCount);
  writer.byte(STATES.indexOf(message.state));
  writer.optional(message.scheduledFor, (at) => writer.double(at));
  writer.optional(message.sessionId, (id) => writer.text(id));
  writer.optional(message.deadLetterSource, (path) => writer.text(path));
  writer.count(message.hops);
  encodeContent(message.content, writer, written);
}

function flagCode(flag: boolean | undefined): number {
  return flag === undefined ? 0 : 1 + Number(flag);
}

/** Writes a content once per group: 0 and the content, or the place of an earlier one from 1. */
function encodeContent(content: MessageContent, writer: ByteWriter, written: Written): void {
  const earlier = written?.get(content);
  if (earlier !== undefined) {
    return writer.count(earlier);
  }
  written?.set(content, written.size + 1);
  writer.count(0);
  writer.bytes(content.bare);
  writer.bytes(content.annotations);
  writer.count(content.priority + PRIORITIES * (flagCode(content.durable) + 3 * flagCode(content.firstAcquirer)));
  writer.optional(content.timeToLive, (ttl) => writer.double(ttl));
  writer.optional(content.partitionKey, (key) => writer.text(key));
}

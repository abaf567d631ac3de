import type { Draft } from '../codec/composite.js';
import { DISPOSITION, FLOW, TRANSFER } from '../codec/performatives.js';
import type { DeliveryState } from '../codec/states.js';
import { NONE } from './field-cursor.js';
import { AMQP_FRAME } from './frame-reader.js';
import type { Output } from './output.js';
import { writeFrame } from './write-frame.js';

/** Where the size of the performative's list stands: behind the frame's head, the descriptor and the list's code. */
const LIST_SIZE_AT = 12;
/** All of a transfer but tag and payload at most, in bytes. */
const TRANSFER_SIZE = 48;
const DISPOSITION_SIZE = 40;
const FLOW_SIZE = 64;
/** Longest tag that AMQP allows, in bytes. */
const MAX_TAG = 32;

export interface OutgoingTransfer {
  readonly handle: number;
  /** NONE on all transfers of a delivery but the first. */
  readonly deliveryId: number;
  /** At most 32 bytes; absent on all transfers of a delivery but the first. */
  readonly tag: Uint8Array | undefined;
  readonly format: number;
  readonly settled: boolean;
  readonly more: boolean;
  readonly batchable: boolean;
}

/** Writes a transfer frame whose payload is `payload` from `from` up to `to`. @throws RangeError for too long a tag */
export function writeTransfer(
  output: Output,
  channel: number,
  fields: OutgoingTransfer,
  payload: Uint8Array,
  from = 0,
  to = payload.length,
): void {
  const { tag } = fields;
  const tagLength = tag?.length ?? 0;
  if (tagLength > MAX_TAG) throw new RangeError(`A delivery tag has at most ${MAX_TAG} bytes, not ${tagLength}.`);
  const start = output.reserve(TRANSFER_SIZE + tagLength + to - from);
  const bytes = output.bytes;
  let at = begin(bytes, start, channel, TRANSFER.code, 11);
  at = uint(bytes, at, fields.handle);
  at = uint(bytes, at, fields.deliveryId);
  at = binary(bytes, at, tag);
  at = fields.deliveryId === NONE ? absent(bytes, at) : uint(bytes, at, fields.format);
  at = fields.settled ? boolean(bytes, at, true) : absent(bytes, at);
  at = boolean(bytes, at, fields.more);
  at = bytes.writeUInt32BE(0x40404040, at);
  at = boolean(bytes, at, fields.batchable);
  closeList(bytes, start, at);
  const isWhole = from === 0 && to === payload.length;
  bytes.set(isWhole ? payload : payload.subarray(from, to), at);
  commit(output, start, at + to - from);
}

export interface OutgoingDisposition {
  /** True when we received the deliveries. */
  readonly role: boolean;
  readonly first: number;
  readonly last: number;
  readonly settled: boolean;
  readonly state: Draft<DeliveryState> | undefined;
}

/** Writes a disposition frame. @throws what a state throws that cannot be encoded */
export function writeDisposition(output: Output, channel: number, fields: OutgoingDisposition): void {
  const { role, first, last, settled, state } = fields;
  if (state !== undefined && state.type !== 'accepted' && state.type !== 'released') {
    const disposition = { role, first, settled, state, ...(last !== first && { last }) };
    return writeFrame(output, AMQP_FRAME, channel, DISPOSITION.to(disposition));
  }
  const start = output.reserve(DISPOSITION_SIZE);
  const bytes = output.bytes;
  let at = begin(bytes, start, channel, DISPOSITION.code, 6);
  at = boolean(bytes, at, role);
  at = uint(bytes, at, first);
  at = last === first ? absent(bytes, at) : uint(bytes, at, last);
  at = boolean(bytes, at, settled);
  if (state === undefined) at = absent(bytes, at);
  else at = bytes.writeUInt32BE(state.type === 'accepted' ? 0x00532445 : 0x00532645, at);
  at = absent(bytes, at);
  closeList(bytes, start, at);
  commit(output, start, at);
}

export interface OutgoingFlow {
  readonly nextIncomingId: number;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  /** NONE for a flow about the session alone; the next three are NONE then too. */
  readonly handle: number;
  readonly deliveryCount: number;
  readonly linkCredit: number;
  readonly available: number;
  readonly drain: boolean;
  readonly echo: boolean;
}

/** Writes a flow frame, with all fields as Azure does: `drain` only when it is set, `echo` always. */
export function writeFlow(output: Output, channel: number, fields: OutgoingFlow): void {
  const start = output.reserve(FLOW_SIZE);
  const bytes = output.bytes;
  let at = begin(bytes, start, channel, FLOW.code, 11);
  at = uint(bytes, at, fields.nextIncomingId);
  at = uint(bytes, at, fields.incomingWindow);
  at = uint(bytes, at, fields.nextOutgoingId);
  at = uint(bytes, at, fields.outgoingWindow);
  at = uint(bytes, at, fields.handle);
  at = uint(bytes, at, fields.deliveryCount);
  at = uint(bytes, at, fields.linkCredit);
  at = uint(bytes, at, fields.available);
  at = fields.drain ? boolean(bytes, at, true) : absent(bytes, at);
  at = boolean(bytes, at, fields.echo);
  at = absent(bytes, at);
  closeList(bytes, start, at);
  commit(output, start, at);
}

/** The frame's head without its size, the performative's descriptor, and the head of its list without the size. */
function begin(bytes: Buffer, start: number, channel: number, code: number, fields: number): number {
  bytes.writeUInt32BE(0x02000000 | channel, start + 4);
  bytes.writeUInt32BE(0x005300c0 | (code << 8), start + 8);
  bytes[start + LIST_SIZE_AT + 1] = fields;
  return start + LIST_SIZE_AT + 2;
}

/** The performative ends at `end`, where a payload begins, if there is one. */
function closeList(bytes: Buffer, start: number, end: number): void {
  bytes[start + LIST_SIZE_AT] = end - start - LIST_SIZE_AT - 1;
}

function commit(output: Output, start: number, end: number): void {
  output.bytes.writeUInt32BE(end - start, start);
  output.commit(end);
}

function uint(bytes: Buffer, at: number, value: number): number {
  if (value === NONE) return absent(bytes, at);
  if (value === 0) {
    bytes[at] = 0x43;
    return at + 1;
  }
  if (value < 256) {
    bytes[at] = 0x52;
    bytes[at + 1] = value;
    return at + 2;
  }
  bytes[at] = 0x70;
  return bytes.writeUInt32BE(value, at + 1);
}

function boolean(bytes: Buffer, at: number, value: boolean): number {
  bytes[at] = value ? 0x41 : 0x42;
  return at + 1;
}

function binary(bytes: Buffer, at: number, value: Uint8Array | undefined): number {
  if (!value) return absent(bytes, at);
  bytes[at] = 0xa0;
  bytes[at + 1] = value.length;
  bytes.set(value, at + 2);
  return at + 2 + value.length;
}

function absent(bytes: Buffer, at: number): number {
  bytes[at] = 0x40;
  return at + 1;
}

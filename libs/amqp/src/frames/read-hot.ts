import type { Composite } from '../codec/composite.js';
import { DecodeError } from '../codec/decode-error.js';
import { DISPOSITION, FLOW, TRANSFER } from '../codec/performatives.js';
import { ACCEPTED, type DeliveryState, RELEASED } from '../codec/states.js';
import { ValueReader } from '../codec/value-reader.js';
import { FieldCursor, NONE } from './field-cursor.js';

const cursor = new FieldCursor();
/** States that say nothing but their names: one object each. */
export const accepted: DeliveryState = Object.freeze({ type: 'accepted' });
export const released: DeliveryState = Object.freeze({ type: 'released' });

/** Code of the performative at `start`, if it is one of those read here in its usual encoding; else 0. */
export function hotCode(bytes: Buffer, start: number, end: number): number {
  if (end - start < 4 || bytes[start] !== 0 || bytes[start + 1] !== 0x53) return 0;
  const code = bytes[start + 2] as number;
  return code >= FLOW.code && code <= DISPOSITION.code ? code : 0;
}

/** The fields of a transfer, read again and again into the same object. Absent numbers are {@link NONE}. */
export class TransferFields {
  handle = 0;
  deliveryId = NONE;
  /** Where the delivery tag lies in the frame's bytes. */
  tagStart = 0;
  /** Bytes; NONE without a tag. */
  tagLength = NONE;
  messageFormat = NONE;
  settled = false;
  more = false;
  rcvSettleMode = NONE;
  state: DeliveryState | undefined = undefined;
  resume = false;
  aborted = false;
  batchable = false;
  /** Where the payload begins in the frame's bytes. */
  payload = 0;

  /** Reads the transfer that begins at `start`. @throws DecodeError when it is none */
  read(bytes: Buffer, start: number, end: number): void {
    if (hotCode(bytes, start, end) === TRANSFER.code && this.#readUsual(bytes, start, end)) return;
    this.#readUnusual(bytes, start, end);
  }

  #readUsual(bytes: Buffer, start: number, end: number): boolean {
    cursor.open(bytes, start, end);
    this.handle = cursor.uint();
    this.deliveryId = cursor.uint();
    this.tagLength = cursor.binary();
    this.tagStart = this.tagLength === NONE ? 0 : cursor.start;
    this.messageFormat = cursor.uint();
    this.settled = cursor.boolean();
    this.more = cursor.boolean();
    this.rcvSettleMode = cursor.ubyte();
    cursor.nothing();
    this.state = undefined;
    this.resume = cursor.boolean();
    this.aborted = cursor.boolean();
    this.batchable = cursor.boolean();
    this.payload = cursor.position;
    return cursor.close() && this.handle !== NONE;
  }

  #readUnusual(bytes: Buffer, start: number, end: number): void {
    const reader = new ValueReader(bytes, start, end);
    const transfer = readTable(TRANSFER, reader);
    const { deliveryTag: tag } = transfer;
    this.handle = transfer.handle;
    this.deliveryId = transfer.deliveryId ?? NONE;
    this.tagStart = tag ? tag.byteOffset - bytes.byteOffset : 0;
    this.tagLength = tag?.length ?? NONE;
    this.messageFormat = transfer.messageFormat ?? NONE;
    this.settled = transfer.settled ?? false;
    this.more = transfer.more;
    this.rcvSettleMode = transfer.rcvSettleMode ?? NONE;
    this.state = transfer.state;
    this.resume = transfer.resume;
    this.aborted = transfer.aborted;
    this.batchable = transfer.batchable;
    this.payload = reader.position;
  }
}

/** The fields of a disposition, read again and again into the same object. */
export class DispositionFields {
  role = false;
  first = 0;
  /** `first` when the peer names one delivery alone. */
  last = 0;
  settled = false;
  state: DeliveryState | undefined = undefined;
  batchable = false;

  /** Reads the disposition that begins at `start`. @throws DecodeError when it is none */
  read(bytes: Buffer, start: number, end: number): void {
    if (hotCode(bytes, start, end) === DISPOSITION.code && this.#readUsual(bytes, start, end)) return;
    const disposition = readTable(DISPOSITION, new ValueReader(bytes, start, end));
    this.role = disposition.role;
    this.first = disposition.first;
    this.last = disposition.last ?? disposition.first;
    this.settled = disposition.settled;
    this.state = disposition.state;
    this.batchable = disposition.batchable;
  }

  #readUsual(bytes: Buffer, start: number, end: number): boolean {
    cursor.open(bytes, start, end);
    this.role = cursor.mandatoryBoolean();
    this.first = cursor.uint();
    this.last = cursor.uint();
    if (this.last === NONE) this.last = this.first;
    this.settled = cursor.boolean();
    const state = cursor.emptyState();
    this.state = state === ACCEPTED.code ? accepted : state === RELEASED.code ? released : undefined;
    this.batchable = cursor.boolean();
    return cursor.close() && this.first !== NONE && (this.state !== undefined || state === NONE);
  }
}

/** The fields of a flow, read again and again into the same object. Absent numbers are {@link NONE}. */
export class FlowFields {
  nextIncomingId = NONE;
  incomingWindow = 0;
  nextOutgoingId = 0;
  outgoingWindow = 0;
  /** NONE when the flow is about the session alone. */
  handle = NONE;
  deliveryCount = NONE;
  linkCredit = NONE;
  available = NONE;
  drain = false;
  echo = false;

  /** Reads the flow that begins at `start`; its properties are checked and passed over. @throws DecodeError when it is none */
  read(bytes: Buffer, start: number, end: number): void {
    if (hotCode(bytes, start, end) === FLOW.code && this.#readUsual(bytes, start, end)) return;
    const flow = readTable(FLOW, new ValueReader(bytes, start, end));
    this.nextIncomingId = flow.nextIncomingId ?? NONE;
    this.incomingWindow = flow.incomingWindow;
    this.nextOutgoingId = flow.nextOutgoingId;
    this.outgoingWindow = flow.outgoingWindow;
    this.handle = flow.handle ?? NONE;
    this.deliveryCount = flow.deliveryCount ?? NONE;
    this.linkCredit = flow.linkCredit ?? NONE;
    this.available = flow.available ?? NONE;
    this.drain = flow.drain;
    this.echo = flow.echo;
  }

  #readUsual(bytes: Buffer, start: number, end: number): boolean {
    cursor.open(bytes, start, end);
    this.nextIncomingId = cursor.uint();
    this.incomingWindow = cursor.uint();
    this.nextOutgoingId = cursor.uint();
    this.outgoingWindow = cursor.uint();
    this.handle = cursor.uint();
    this.deliveryCount = cursor.uint();
    this.linkCredit = cursor.uint();
    this.available = cursor.uint();
    this.drain = cursor.boolean();
    this.echo = cursor.boolean();
    cursor.nothing();
    const isWhole = this.incomingWindow !== NONE && this.nextOutgoingId !== NONE && this.outgoingWindow !== NONE;
    return cursor.close() && isWhole;
  }
}

function readTable<T extends { readonly type: string }>(type: Composite<T>, reader: ValueReader): T {
  const object = type.from(reader.next());
  if (!object) throw new DecodeError(`This is no ${type.name}.`);
  return object;
}

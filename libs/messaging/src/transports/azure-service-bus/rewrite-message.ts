import {
  endOfValue,
  itemsAt,
  nullValue,
  readText,
  readTimestamp,
  readUnsigned,
  writeList,
  writeMap,
  writeString,
  writeSymbol,
  writeTimestamp,
  writeUnsigned,
} from './amqp-values.js';

const header = 0x70;
const deliveryAnnotations = 0x71;
const messageAnnotations = 0x72;
const properties = 0x73;
const applicationProperties = 0x74;
const codes: Readonly<Record<string, number>> = {
  'amqp:header:list': header,
  'amqp:delivery-annotations:map': deliveryAnnotations,
  'amqp:message-annotations:map': messageAnnotations,
  'amqp:properties:list': properties,
  'amqp:application-properties:map': applicationProperties,
};

/** Fields by their place in the header and in the properties. */
const timeToLiveField = 2;
const priorityField = 1;
const messageIdField = 0;
const expiryField = 8;
const creationField = 9;

/** Annotations that tell of one stay in a queue: the broker sets them, and a copy starts without. */
const annotationsOfAStay: ReadonlySet<string | undefined> = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueue-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-lock-token',
  'x-opt-message-state',
  'x-opt-deadletter-source',
  'x-opt-scheduled-enqueue-time',
]);
const scheduledFor = writeSymbol('x-opt-scheduled-enqueue-time');
const longestHeaderMs = 0xffff_ffff;

/** How long a message may wait to be consumed; all in milliseconds. */
export interface Lifetime {
  readonly timeToLive: number | undefined;
  /** What the properties say, since 1970. */
  readonly expiry: number | undefined;
  readonly creation: number | undefined;
}

/** What a copy says otherwise than its original. */
export interface MessageChanges {
  readonly messageId: string;
  /** Properties by name: set, or taken away where undefined. */
  readonly applicationProperties: Readonly<Record<string, string | number | undefined>>;
  /** Absent fields are left out of the header, and left as they are in the properties. */
  readonly lifetime: Lifetime;
  /** The earliest moment of delivery, in milliseconds since 1970; now when absent. */
  readonly deliverAt: number | undefined;
  /** In place of the original's body and footer, as one data section. */
  readonly body: Uint8Array | undefined;
}

/**
 * An encoded message with some things changed, and all others byte for byte: types of properties, body sections, reply-to,
 * sessions, keys, annotations.
 * @throws RangeError when the bytes are no message
 */
export function rewriteMessage(bytes: Buffer, changes: MessageChanges): Buffer {
  const { heads, rest } = takeApart(bytes);
  const head = (code: number): readonly Buffer[] => heads.get(code) ?? [];
  const annotations = rewriteAnnotations(head(messageAnnotations), changes.deliverAt);
  return Buffer.concat([
    section(header, writeList(rewriteHeader(head(header), changes.lifetime))),
    ...(annotations.length === 0 ? [] : [section(messageAnnotations, writeMap(annotations))]),
    section(properties, writeList(rewriteProperties(head(properties), changes))),
    section(applicationProperties, writeMap(rewriteEntries(head(applicationProperties), changes))),
    ...(changes.body === undefined ? rest : [dataSection(changes.body)]),
  ]);
}

/** What an encoded message says of its time to live. @throws RangeError when the bytes are no message */
export function readLifetime(bytes: Buffer): Lifetime {
  const { heads } = takeApart(bytes);
  const fields = heads.get(properties) ?? [];
  return {
    timeToLive: readUnsigned(heads.get(header)?.[timeToLiveField]),
    expiry: readTimestamp(fields[expiryField]),
    creation: readTimestamp(fields[creationField]),
  };
}

/** Properties with nothing but an id. */
export function idSection(messageId: string): Buffer {
  return section(properties, writeList([writeString(messageId)]));
}

interface Parts {
  /** The items of the sections before the body. */
  readonly heads: ReadonlyMap<number, readonly Buffer[]>;
  /** Body and footer, as they are. */
  readonly rest: readonly Buffer[];
}

function takeApart(bytes: Buffer): Parts {
  const heads = new Map<number, readonly Buffer[]>();
  const rest: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (bytes[start] !== 0) throw new RangeError('A section of a message begins with its descriptor.');
    const value = endOfValue(bytes, start + 1);
    const end = endOfValue(bytes, value);
    const descriptor = bytes.subarray(start + 1, value);
    const code = readUnsigned(descriptor) ?? codes[readText(descriptor) ?? ''] ?? 0;
    if (code >= header && code <= applicationProperties) heads.set(code, itemsAt(bytes, value));
    else rest.push(bytes.subarray(start, end));
    start = end;
  }
  return { heads, rest };
}

function section(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x00, 0x53, code), value]);
}

function dataSection(body: Uint8Array): Buffer {
  const head = Buffer.of(0x00, 0x53, 0x75, 0xb0, 0, 0, 0, 0);
  head.writeUInt32BE(body.byteLength, 4);
  return Buffer.concat([head, body]);
}

/** Priority and time to live; the rest is the broker's. */
function rewriteHeader(fields: readonly Buffer[], { timeToLive }: Lifetime): readonly Buffer[] {
  const ttl = timeToLive === undefined ? nullValue : writeUnsigned(Math.min(Math.floor(timeToLive), longestHeaderMs));
  return [Buffer.of(0x41), fields[priorityField] ?? nullValue, ttl];
}

function rewriteAnnotations(entries: readonly Buffer[], deliverAt: number | undefined): readonly Buffer[] {
  const kept = keepEntries(entries, (name) => !annotationsOfAStay.has(name));
  return deliverAt === undefined ? kept : [...kept, scheduledFor, writeTimestamp(deliverAt)];
}

function rewriteProperties(fields: readonly Buffer[], { messageId, lifetime }: MessageChanges): readonly Buffer[] {
  const rewritten = [...fields];
  rewritten[messageIdField] = writeString(messageId);
  if (lifetime.expiry !== undefined) rewritten[expiryField] = writeTimestamp(lifetime.expiry);
  if (lifetime.creation !== undefined) rewritten[creationField] = writeTimestamp(lifetime.creation);
  return Array.from(rewritten, (field) => field ?? nullValue);
}

function rewriteEntries(entries: readonly Buffer[], changes: MessageChanges): readonly Buffer[] {
  const changed = changes.applicationProperties;
  const kept = keepEntries(entries, (name) => name === undefined || !Object.hasOwn(changed, name));
  const set = Object.entries(changed).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [writeString(name), typeof value === 'string' ? writeString(value) : writeUnsigned(value)];
  });
  return [...kept, ...set];
}

/** The entries of a map whose key is to be kept; keys that are no text have no name. */
function keepEntries(entries: readonly Buffer[], isKept: (name: string | undefined) => boolean): Buffer[] {
  return entries.filter((_, index) => isKept(readText(entries[index - (index % 2)])));
}

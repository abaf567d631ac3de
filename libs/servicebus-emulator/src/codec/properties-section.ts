import { type AmqpValue, ValueReader } from './read-value.js';
import { PROPERTIES, SectionCursor } from './sections.js';
import { ValueWriter } from './value-writer.js';

/** The fields of a message's properties section, in AMQP's order. */
export const PROPERTY_FIELDS = [
  'messageId',
  'userId',
  'to',
  'subject',
  'replyTo',
  'correlationId',
  'contentType',
  'contentEncoding',
  'absoluteExpiryTime',
  'creationTime',
  'groupId',
  'groupSequence',
  'replyToGroupId',
] as const;

export type PropertyField = (typeof PROPERTY_FIELDS)[number];

/** Reads the fields of the properties section whose list begins at `offset`; absent ones are undefined. */
export function readProperties(bytes: Buffer, offset: number): Partial<Record<PropertyField, AmqpValue>> {
  const reader = new ValueReader(bytes, offset);
  const count = reader.enter();
  const fields: Partial<Record<PropertyField, AmqpValue>> = {};
  for (let i = 0; i < count && i < PROPERTY_FIELDS.length; i++) {
    const value = reader.next();
    if (value !== null) fields[PROPERTY_FIELDS[i] as PropertyField] = value;
  }
  return fields;
}

/** Writes a text field: content type is a symbol, the others are strings; null takes the field away. */
export function encodeField(field: PropertyField, value: string | null): Buffer {
  if (value === null) return NULL;
  const length = Buffer.byteLength(value);
  const writer = new ValueWriter(length + (length < 256 ? 2 : 5));
  return (field === 'contentType' ? writer.symbol(value) : writer.string(value)).finish();
}

const NULL = Buffer.of(0x40);

/** A section's descriptor, and the head of its list, in bytes. */
const SECTION_OVERHEAD = 3 + 9;
/** What stands before the bytes of a short text. */
const TEXT_OVERHEAD = 2;

/** A copy of a bare message that has no message id, with one; everything else byte for byte. */
export function withMessageId(bare: Buffer, id: string): Buffer {
  const { count, fields, end } = fieldsBehindId(bare);
  const writer = new ValueWriter(SECTION_OVERHEAD + TEXT_OVERHEAD + id.length + bare.length - fields);
  const list = writer.descriptor(PROPERTIES).beginList(Math.max(1, count));
  writer.string(id).part(bare, fields, end).end(list);
  return writer.part(bare, end).finish();
}

/** The bare message with some fields of its properties replaced by encoded values; everything else byte for byte. */
export function withProperties(bare: Buffer, changes: ReadonlyMap<PropertyField, Buffer>): Buffer {
  const fields: Buffer[] = [];
  const rest = bare.subarray(readFields(bare, fields));
  for (const [field, encoded] of changes) {
    const index = PROPERTY_FIELDS.indexOf(field);
    while (fields.length <= index) fields.push(NULL);
    fields[index] = encoded;
  }
  const size = fields.reduce((sum, { length }) => sum + length, SECTION_OVERHEAD + rest.length);
  const writer = new ValueWriter(size).descriptor(PROPERTIES);
  writer.list(fields.length, (list) => fields.forEach((field) => list.raw(field)));
  return writer.raw(rest).finish();
}

/** How many properties there are, and where those behind the first begin and end. */
function fieldsBehindId(bare: Buffer): { readonly count: number; readonly fields: number; readonly end: number } {
  const section = new SectionCursor(bare);
  if (!section.next() || section.code !== PROPERTIES) return { count: 0, fields: 0, end: 0 };
  const reader = new ValueReader(bare, section.value);
  const count = reader.enter();
  if (count > 0) reader.skip();
  return { count, fields: reader.position, end: section.end };
}

/** Appends the encoded fields of a bare message's properties. @returns where its next section begins */
function readFields(bare: Buffer, fields: Buffer[]): number {
  const section = new SectionCursor(bare);
  if (!section.next() || section.code !== PROPERTIES) return 0;
  const reader = new ValueReader(bare, section.value);
  const count = reader.enter();
  while (fields.length < count) fields.push(reader.raw());
  return section.end;
}

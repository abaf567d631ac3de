import { type AmqpValue, ValueReader } from './read-value.js';
import { PROPERTIES, sectionsOf } from './sections.js';
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
  const { count, reader } = new ValueReader(bytes, offset).items();
  const fields: Partial<Record<PropertyField, AmqpValue>> = {};
  for (let i = 0; i < count && i < PROPERTY_FIELDS.length; i++) {
    const value = reader.next();
    if (value !== null) fields[PROPERTY_FIELDS[i] as PropertyField] = value;
  }
  return fields;
}

/** Writes a text field: content type is a symbol, the others are strings; null takes the field away. */
export function encodeField(field: PropertyField, value: string | null): Buffer {
  const writer = new ValueWriter(value === null ? 1 : value.length + 8);
  if (value === null) return writer.null().finish();
  return (field === 'contentType' ? writer.symbol(value) : writer.string(value)).finish();
}

/** The bare message with some fields of its properties replaced by encoded values; everything else byte for byte. */
export function withProperties(bare: Buffer, changes: ReadonlyMap<PropertyField, Buffer>): Buffer {
  const section = sectionsOf(bare).find(({ code }) => code === PROPERTIES);
  const fields: Buffer[] = [];
  if (section) {
    const { count, reader } = new ValueReader(bare, section.value).items();
    while (fields.length < count) fields.push(reader.raw());
  }
  for (const [field, encoded] of changes) {
    const index = PROPERTY_FIELDS.indexOf(field);
    while (fields.length <= index) fields.push(Buffer.of(0x40));
    fields[index] = encoded;
  }
  const writer = new ValueWriter(bare.length + 128).descriptor(PROPERTIES);
  writer.list(fields.length, (list) => fields.forEach((field) => list.raw(field)));
  return writer.raw(bare.subarray(section?.end ?? 0)).finish();
}

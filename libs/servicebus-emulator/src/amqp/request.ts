import { DecodeError } from '../codec/decode-error.js';
import { type AmqpValue, ValueReader } from '../codec/read-value.js';
import { APPLICATION_PROPERTIES, PROPERTIES, sectionsOf, VALUE } from '../codec/sections.js';
import { ValueWriter } from '../codec/value-writer.js';

/** A map of a request whose values are decoded when asked for; those passed on keep their bytes. */
export class FieldMap {
  readonly #fields = new Map<string, Buffer>();

  /** @throws DecodeError when `encoded` is no map */
  constructor(encoded: Buffer | undefined) {
    if (!encoded) return;
    const reader = new ValueReader(encoded);
    const count = reader.enter();
    for (let i = 0; i < count / 2; i++) this.#fields.set(String(reader.next()), reader.raw());
  }

  /** The bytes of a value that is neither absent nor null. */
  raw(name: string): Buffer | undefined {
    const encoded = this.#fields.get(name);
    return encoded?.[0] === 0x40 ? undefined : encoded;
  }

  get(name: string): AmqpValue | undefined {
    const encoded = this.raw(name);
    return encoded && new ValueReader(encoded).next();
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'an integer', (value) => (typeof value === 'bigint' ? Number(value) : undefined));
  }

  /** A moment, in ms since 1970. */
  time(name: string): number | undefined {
    return this.#typed(name, 'a timestamp', (value) => (value instanceof Date ? value.getTime() : undefined));
  }

  binary(name: string): Buffer | undefined {
    return this.#typed(name, 'binary', (value) => (Buffer.isBuffer(value) ? value : undefined));
  }

  /** A list or an array; one value by itself counts as a list of one. */
  list(name: string): readonly AmqpValue[] {
    const value = this.get(name);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as readonly AmqpValue[]) : [value];
  }

  map(name: string): FieldMap | undefined {
    const encoded = this.raw(name);
    return encoded && new FieldMap(encoded);
  }

  /** All fields with their bytes, nulls included. */
  entries(): IterableIterator<[name: string, encoded: Buffer]> {
    return this.#fields.entries();
  }

  #typed<T>(name: string, expected: string, convert: (value: AmqpValue) => T | undefined): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const converted = convert(value);
    if (converted === undefined) throw new DecodeError(`'${name}' must be ${expected}.`);
    return converted;
  }
}

/** A request to `$cbs` or to a `$management` node. */
export interface Request {
  /** The message id as it was encoded: the reply's correlation id. */
  readonly id: Buffer;
  /** The address, or for Microsoft's clients the name, of the link the reply goes to. */
  readonly replyTo: string;
  readonly properties: FieldMap;
  /** The body's value, encoded. */
  readonly body: Buffer | undefined;
}

/** @throws DecodeError */
export function readRequest(bytes: Buffer): Request {
  const sections = sectionsOf(bytes);
  const value = (code: number): Buffer | undefined => {
    const section = sections.find((one) => one.code === code);
    return section && bytes.subarray(section.value, section.end);
  };
  const properties = value(PROPERTIES);
  const fields: Buffer[] = [];
  if (properties) {
    const reader = new ValueReader(properties);
    const count = reader.enter();
    while (fields.length < count) fields.push(reader.raw());
  }
  const replyTo = fields[4] && new ValueReader(fields[4]).next();
  return {
    id: fields[0] ?? Buffer.of(0x40),
    replyTo: typeof replyTo === 'string' ? replyTo : '',
    properties: new FieldMap(value(APPLICATION_PROPERTIES)),
    body: value(VALUE),
  };
}

export interface ReplyHead {
  readonly status: number;
  readonly description: string;
  /** What went wrong, for clients that want more than the status. */
  readonly errorCondition?: string;
}

/** How the two kinds of nodes spell their replies. */
export type ReplyNames = { readonly status: string; readonly description: string };

export const CBS_NAMES: ReplyNames = { status: 'status-code', description: 'status-description' };
export const MANAGEMENT_NAMES: ReplyNames = { status: 'statusCode', description: 'statusDescription' };

/** @param writeBody writes the body's value; an empty map by default */
export function writeReply(
  requestId: Buffer,
  head: ReplyHead,
  names: ReplyNames,
  writeBody: (writer: ValueWriter) => void = (writer) => writer.map(0, () => undefined),
): Buffer {
  const writer = new ValueWriter(512);
  writer.descriptor(PROPERTIES).list(6, (list) => {
    list.null().null().null().null().null().raw(requestId);
  });
  writer.descriptor(APPLICATION_PROPERTIES).map(head.errorCondition ? 3 : 2, (map) => {
    map.string(names.status).int(head.status);
    map.string(names.description).string(head.description);
    if (head.errorCondition) map.string('errorCondition').symbol(head.errorCondition);
  });
  writeBody(writer.descriptor(VALUE));
  return writer.view();
}

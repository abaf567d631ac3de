import { widestCode } from './type-codes.js';
import { AmqpArray, type AmqpMap, type AmqpValue, Described, type PrimitiveType, Scalar, typeOf } from './value.js';

/** Code, size and count of a list, map or array in its wide form. */
const WIDE_HEAD = 9;
const NARROW_HEAD = 3;

/**
 * Writes AMQP values one after the other into a buffer that grows, each in its shortest encoding; the items of arrays
 * in their type's widest, as Azure does. A value that its type cannot hold throws a `RangeError` or a `TypeError`.
 */
export class ValueWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** What was written, without copying it: valid until the next {@link clear}. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew in the same memory. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  value(value: AmqpValue): this {
    if (value === null) return this.#byte(0x40);
    if (typeof value === 'boolean') return this.#byte(value ? 0x41 : 0x42);
    if (typeof value === 'string') return this.#text('string', value);
    if (value instanceof Described) return this.#byte(0).value(value.descriptor).value(value.value);
    if (value instanceof Scalar) return this.#scalar(value);
    if (Buffer.isBuffer(value)) return this.#size('binary', value.length).raw(value);
    if (value instanceof AmqpArray || value instanceof Map) return this.#compound(value);
    return (value as readonly AmqpValue[]).length === 0 ? this.#byte(0x45) : this.#compound(value);
  }

  #scalar(scalar: Scalar): this {
    const { type, value } = scalar;
    if (type === 'symbol') return this.#text('symbol', value as string);
    const code = shortCode(scalar);
    if (code === undefined) return this.#byte(widestCode(type)).#body(type, scalar);
    this.#byte(code);
    return code === 0x43 || code === 0x44 ? this : this.#byte(Number(value) & 0xff);
  }

  #text(type: 'string' | 'symbol', value: string): this {
    const length = Buffer.byteLength(value);
    if (type === 'symbol' && length !== value.length) throw new TypeError(`The symbol '${value}' is not ASCII.`);
    this.#size(type, length);
    const at = this.#grow(length);
    this.#bytes.write(value, at);
    return this;
  }

  /** The code and the size of a value that says its size. */
  #size(type: 'binary' | 'string' | 'symbol', length: number): this {
    const wide = widestCode(type);
    return length < 256 ? this.#byte(wide - 0x10).#byte(length) : this.#byte(wide).#uint(length);
  }

  /** A list, map or array: written wide, then moved together when it turns out to be small. */
  #compound(value: AmqpValue): this {
    const type = typeOf(value) as PrimitiveType;
    const start = this.#length;
    this.#byte(widestCode(type)).#body(type, value);
    const content = this.#length - start - WIDE_HEAD;
    const count = this.#bytes.readUInt32BE(start + 5);
    if (content > 254 || count > 255) return this;
    this.#bytes[start] = widestCode(type) - 0x10;
    this.#bytes[start + 1] = content + 1;
    this.#bytes[start + 2] = count;
    this.#bytes.copyWithin(start + NARROW_HEAD, start + WIDE_HEAD, this.#length);
    this.#length = start + NARROW_HEAD + content;
    return this;
  }

  /** A value in its type's widest encoding, without the code. */
  #body(type: PrimitiveType, value: AmqpValue): this {
    if (value instanceof Scalar && type !== 'symbol') return this.#scalarBody(value);
    switch (type) {
      case 'null':
        return this;
      case 'boolean':
        return this.#byte(value ? 1 : 0);
      case 'binary':
        return this.#uint((value as Buffer).length).raw(value as Buffer);
      case 'list':
        return this.#items(value as readonly AmqpValue[]);
      case 'map':
        return this.#items([...(value as AmqpMap)].flat(1) as AmqpValue[]);
      case 'array':
        return this.#array(value as AmqpArray);
      default:
        return this.#textBody(type, value instanceof Scalar ? (value.value as string) : (value as string));
    }
  }

  #textBody(type: PrimitiveType, text: string): this {
    const bytes = Buffer.from(text);
    if (type === 'symbol' && bytes.length !== text.length) throw new TypeError(`The symbol '${text}' is not ASCII.`);
    return this.#uint(bytes.length).raw(bytes);
  }

  #items(items: readonly AmqpValue[]): this {
    const start = this.#grow(8);
    for (const item of items) this.value(item);
    return this.#closeCompound(start, items.length);
  }

  #array({ element, items, descriptor }: AmqpArray): this {
    const start = this.#grow(8);
    if (descriptor !== undefined) this.#byte(0).value(descriptor);
    this.#byte(widestCode(element));
    for (const item of items) {
      if (typeOf(item) !== element) throw new TypeError(`An array of ${element} has an item of another type.`);
      this.#body(element, item);
    }
    return this.#closeCompound(start, items.length);
  }

  #closeCompound(start: number, count: number): this {
    this.#bytes.writeUInt32BE(this.#length - start - 4, start);
    this.#bytes.writeUInt32BE(count, start + 4);
    return this;
  }

  #scalarBody({ type, value }: Scalar): this {
    if (Buffer.isBuffer(value)) return this.raw(checkedLength(type, value));
    const at = this.#grow(FIXED_SIZE[type] as number);
    const bytes = this.#bytes;
    if (type === 'ulong') bytes.writeBigUInt64BE(value as bigint, at);
    else if (type === 'long' || type === 'timestamp') bytes.writeBigInt64BE(value as bigint, at);
    else if (type === 'float') bytes.writeFloatBE(value as number, at);
    else if (type === 'double') bytes.writeDoubleBE(value as number, at);
    else if (type === 'char') bytes.writeUInt32BE((value as string).codePointAt(0) as number, at);
    else if (type[0] === 'u') bytes.writeUIntBE(value as number, at, FIXED_SIZE[type] as number);
    else bytes.writeIntBE(value as number, at, FIXED_SIZE[type] as number);
    return this;
  }

  #uint(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  #byte(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

/** Bytes of a scalar in its widest encoding. */
const FIXED_SIZE: Readonly<Record<Exclude<Scalar['type'], 'symbol'>, number>> & Readonly<Record<string, number>> = {
  ...{ ubyte: 1, ushort: 2, uint: 4, ulong: 8, byte: 1, short: 2, int: 4, long: 8, float: 4, double: 8 },
  ...{ decimal32: 4, decimal64: 8, decimal128: 16, char: 4, timestamp: 8, uuid: 16 },
};

/** The code of the encoding in at most one byte, where there is one that holds the value. */
function shortCode({ type, value }: Scalar): number | undefined {
  if (type === 'uint' || type === 'ulong') {
    const number = Number(value);
    if (number === 0) return type === 'uint' ? 0x43 : 0x44;
    return number > 0 && number < 256 ? (type === 'uint' ? 0x52 : 0x53) : undefined;
  }
  const isSmall = Number(value) >= -128 && Number(value) < 128;
  if (type === 'int') return isSmall ? 0x54 : undefined;
  return type === 'long' && isSmall ? 0x55 : undefined;
}

function checkedLength(type: Scalar['type'], bytes: Buffer): Buffer {
  if (bytes.length === FIXED_SIZE[type]) return bytes;
  throw new RangeError(`A value of type ${type} has ${FIXED_SIZE[type]} bytes, not ${bytes.length}.`);
}

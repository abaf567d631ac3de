import { DecodeError } from './decode-error.js';

/** A described AMQP value that is not one of a message's sections. */
interface Described {
  readonly descriptor: AmqpValue;
  readonly value: AmqpValue;
}

/**
 * An AMQP value without its width: integers are bigint, float and double number, string, symbol and char string, uuid
 * its text form, timestamp Date, binary and decimals a slice of the bytes read.
 */
export type AmqpValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Date
  | Buffer
  | readonly AmqpValue[]
  | AmqpMap
  | Described;

type AmqpMap = ReadonlyMap<AmqpValue, AmqpValue>;

/** Nesting beyond this is an attack, not a message. */
const MAX_DEPTH = 32;

/** Bytes after the type code, by the code's upper four bits; variable ones are marked by the width of their size. */
const FIXED_WIDTH: readonly (number | undefined)[] = [
  ...[undefined, undefined, undefined, undefined],
  ...[0, 1, 2, 4, 8, 16],
];

/**
 * Where the value at `offset` ends, its descriptor included. Looks at sizes only, not into lists and maps.
 * @throws DecodeError when it ends beyond `limit` or its type is unknown
 */
export function endOfValue(bytes: Buffer, offset: number, limit = bytes.length, depth = 0): number {
  if (offset >= limit) throw new DecodeError('The bytes end where a value should begin.');
  const code = bytes[offset] as number;
  if (code === 0) {
    if (depth > MAX_DEPTH) throw new DecodeError('Descriptors are nested too deeply.');
    return endOfValue(bytes, endOfValue(bytes, offset + 1, limit, depth + 1), limit, depth + 1);
  }
  const end = endOfBare(bytes, code, offset + 1, limit);
  if (end > limit) throw new DecodeError(`A value of type 0x${code.toString(16)} is longer than the bytes there are.`);
  return end;
}

function endOfBare(bytes: Buffer, code: number, offset: number, limit: number): number {
  const category = code >>> 4;
  const width = FIXED_WIDTH[category];
  if (width !== undefined) return offset + width;
  if (category < 0xa) throw new DecodeError(`0x${code.toString(16)} is no AMQP type.`);
  if (category % 2 === 0) return offset < limit ? offset + 1 + (bytes[offset] as number) : Infinity;
  return offset + 4 <= limit ? offset + 4 + bytes.readUInt32BE(offset) : Infinity;
}

/** Reads one value after the other. Slices it returns share the memory of `bytes`. */
export class ValueReader {
  readonly #bytes: Buffer;
  #limit: number;
  position: number;

  constructor(bytes: Buffer, position = 0, limit = bytes.length) {
    this.#bytes = bytes;
    this.position = position;
    this.#limit = limit;
  }

  get done(): boolean {
    return this.position >= this.#limit;
  }

  /** The next value's bytes as they are, descriptor included. */
  raw(): Buffer {
    const start = this.position;
    this.position = endOfValue(this.#bytes, start, this.#limit);
    return this.#bytes.subarray(start, this.position);
  }

  /** Passes over the next value. */
  skip(): void {
    this.position = endOfValue(this.#bytes, this.position, this.#limit);
  }

  /** The next value decoded. @throws DecodeError */
  next(depth = 0): AmqpValue {
    if (depth > MAX_DEPTH) throw new DecodeError('Values are nested too deeply.');
    const end = endOfValue(this.#bytes, this.position, this.#limit);
    const code = this.#bytes[this.position++] as number;
    if (code === 0) {
      const descriptor = this.next(depth + 1);
      return { descriptor, value: this.next(depth + 1) };
    }
    const value = this.#read(code, this.position, end, depth);
    this.position = end;
    return value;
  }

  /** Enters the list or map at the position: from here on reads its items. @returns how many there are */
  enter(): number {
    const bytes = this.#bytes;
    const end = endOfValue(bytes, this.position, this.#limit);
    const code = bytes[this.position] as number;
    const at = this.position + 1;
    this.#limit = end;
    if (code === 0x45) {
      this.position = end;
      return 0;
    }
    if (code !== 0xc0 && code !== 0xc1 && code !== 0xd0 && code !== 0xd1) {
      throw new DecodeError(`A list or map was expected, not type 0x${code.toString(16)}.`);
    }
    const width = code < 0xd0 ? 1 : 4;
    if (at + 2 * width > end) throw new DecodeError('A list or map is too short to hold its own count.');
    this.position = at + 2 * width;
    return width === 1 ? (bytes[at + 1] as number) : bytes.readUInt32BE(at + 4);
  }

  #read(code: number, at: number, end: number, depth: number): AmqpValue {
    if (code >= 0xc0 || code === 0x45) return this.#readCompound(code, at, end, depth);
    const bytes = this.#bytes;
    switch (code) {
      case 0xa0:
        return bytes.subarray(at + 1, end);
      case 0xb0:
        return bytes.subarray(at + 4, end);
      case 0xa1:
      case 0xa3:
        return bytes.toString('utf8', at + 1, end);
      case 0xb1:
      case 0xb3:
        return bytes.toString('utf8', at + 4, end);
      default:
        return readFixed(bytes, code, at, end);
    }
  }

  #readCompound(code: number, at: number, end: number, depth: number): AmqpValue {
    if (code === 0xe0 || code === 0xf0) return readArray(this.#bytes, code, at, end, depth);
    const reader = new ValueReader(this.#bytes, at - 1, end);
    const count = reader.enter();
    const values: AmqpValue[] = [];
    while (values.length < count) values.push(reader.next(depth + 1));
    return code === 0xc1 || code === 0xd1 ? toMap(values) : values;
  }
}

function toMap(values: readonly AmqpValue[]): AmqpMap {
  if (values.length % 2 !== 0) throw new DecodeError('A map has a key without a value.');
  const map = new Map<AmqpValue, AmqpValue>();
  for (let i = 0; i < values.length; i += 2) map.set(values[i] as AmqpValue, values[i + 1] as AmqpValue);
  return map;
}

/** An array says its elements' type once; each element is read as if the type stood before it. */
function readArray(bytes: Buffer, code: number, at: number, end: number, depth: number): AmqpValue {
  const width = code === 0xe0 ? 1 : 4;
  if (at + 2 * width + 1 > end) throw new DecodeError('An array is too short to hold its own count.');
  const count = width === 1 ? (bytes[at + 1] as number) : bytes.readUInt32BE(at + 4);
  let position = at + 2 * width;
  if (bytes[position] === 0) position = endOfValue(bytes, position + 1, end);
  const element = bytes[position++] as number;
  if (count > end - position && element >>> 4 !== 4) throw new DecodeError('An array counts more than it holds.');
  if (count > 0xffff) throw new DecodeError('An array has more than 65,535 elements.');
  const values: AmqpValue[] = [];
  while (values.length < count) {
    const stop = endOfBare(bytes, element, position, end);
    if (stop > end) throw new DecodeError('An array counts more than it holds.');
    const one = Buffer.concat([Buffer.of(element), bytes.subarray(position, stop)]);
    values.push(new ValueReader(one).next(depth + 1));
    position = stop;
  }
  return values;
}

function readFixed(bytes: Buffer, code: number, at: number, end: number): AmqpValue {
  switch (code) {
    case 0x40:
      return null;
    case 0x41:
      return true;
    case 0x42:
      return false;
    case 0x56:
      return bytes[at] !== 0;
    case 0x43:
    case 0x44:
      return 0n;
    case 0x50:
    case 0x52:
    case 0x53:
      return BigInt(bytes[at] as number);
    case 0x51:
    case 0x54:
    case 0x55:
      return BigInt(bytes.readInt8(at));
    case 0x60:
      return BigInt(bytes.readUInt16BE(at));
    case 0x61:
      return BigInt(bytes.readInt16BE(at));
    case 0x70:
      return BigInt(bytes.readUInt32BE(at));
    case 0x71:
      return BigInt(bytes.readInt32BE(at));
    case 0x72:
      return bytes.readFloatBE(at);
    case 0x73:
      return readChar(bytes.readUInt32BE(at));
    case 0x80:
      return bytes.readBigUInt64BE(at);
    case 0x81:
      return bytes.readBigInt64BE(at);
    case 0x82:
      return bytes.readDoubleBE(at);
    case 0x83:
      return new Date(Number(bytes.readBigInt64BE(at)));
    case 0x98:
      return uuidText(bytes.subarray(at, end));
    case 0x74:
    case 0x84:
    case 0x94:
      return bytes.subarray(at, end);
    default:
      throw new DecodeError(`0x${code.toString(16)} is no AMQP type.`);
  }
}

function readChar(codePoint: number): string {
  if (codePoint > 0x10ffff) throw new DecodeError('A char is beyond Unicode.');
  return String.fromCodePoint(codePoint);
}

/** 16 bytes as `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`. */
function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

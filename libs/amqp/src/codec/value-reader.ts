import { isAscii, isUtf8 } from 'node:buffer';
import { DecodeError } from './decode-error.js';
import { isSized, typeOfCode, widthOfCode } from './type-codes.js';
import { AmqpArray, type AmqpMap, type AmqpValue, Described, type PrimitiveType, Scalar } from './value.js';

/** Values nested more deeply than this are an attack. */
const MAX_DEPTH = 32;
/** Array items without bytes of their own that one reader makes values of, all its arrays together. */
const MAX_EMPTY_ITEMS = 0xffff;

/**
 * Reads one AMQP value after the other, from `position` to `limit`. Binaries it returns share the memory of `bytes`.
 * Whatever the bytes are, the work and the memory are linear in their number.
 */
export class ValueReader {
  readonly #bytes: Buffer;
  readonly #limit: number;
  #depth = 0;
  #emptyItems = 0;
  position: number;

  constructor(bytes: Buffer, position = 0, limit = bytes.length) {
    this.#bytes = bytes;
    this.#limit = limit;
    this.position = position;
  }

  get done(): boolean {
    return this.position >= this.#limit;
  }

  /** Passes over the next value, its descriptor included; looks at its size only. @throws DecodeError */
  skip(): void {
    let missing = 1;
    for (let descriptors = 0; missing > 0; missing--) {
      const code = this.#code(this.#limit);
      if (code !== 0) this.position = this.#endOf(code, this.#limit);
      else if (++descriptors > MAX_DEPTH) throw tooDeep();
      else missing += 2;
    }
  }

  /** The next value's bytes as they are, its descriptor included. @throws DecodeError */
  raw(): Buffer {
    const start = this.position;
    this.skip();
    return this.#bytes.subarray(start, this.position);
  }

  /** The next value. @throws DecodeError */
  next(): AmqpValue {
    return this.#next(this.#limit);
  }

  #next(limit: number): AmqpValue {
    const code = this.#code(limit);
    if (code !== 0) return this.#read(code, limit);
    this.#enter();
    const described = new Described(this.#next(limit), this.#next(limit));
    this.#depth--;
    return described;
  }

  /** The value whose code has been read. */
  #read(code: number, limit: number): AmqpValue {
    const end = this.#endOf(code, limit);
    const start = isSized(code) ? this.position + widthOfCode(code) : this.position;
    const type = typeOfCode(code) as PrimitiveType;
    if (type === 'list' || type === 'map' || type === 'array') return this.#readCompound(type, code, start, end);
    this.position = end;
    return type === 'string' || type === 'symbol'
      ? readText(this.#bytes, type, start, end)
      : readPlain(this.#bytes, type, code, start, end);
  }

  #readCompound(type: 'list' | 'map' | 'array', code: number, start: number, end: number): AmqpValue {
    if (code === 0x45) return [];
    const width = widthOfCode(code);
    if (start + width > end) throw new DecodeError(`The ${type} is too short for its own count.`);
    const count = this.#bytes.readUIntBE(start, width);
    this.position = start + width;
    this.#enter();
    const value = type === 'array' ? this.#readArray(count, end) : this.#readItems(count, end);
    this.#depth--;
    if (this.position !== end) throw new DecodeError(`The ${type} is longer than its ${count} items.`);
    return type === 'map' ? toMap(value as readonly AmqpValue[]) : value;
  }

  #readItems(count: number, end: number): readonly AmqpValue[] {
    const items: AmqpValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.#next(end));
    return items;
  }

  /** An array says the type of its items once. */
  #readArray(count: number, end: number): AmqpArray {
    let code = this.#code(end);
    let descriptor: AmqpValue | undefined;
    if (code === 0) {
      descriptor = this.#next(end);
      code = this.#code(end);
    }
    const type = typeOfCode(code);
    if (type === undefined) throw unknownType(code);
    if (widthOfCode(code) === 0) {
      this.#emptyItems += count;
      if (this.#emptyItems > MAX_EMPTY_ITEMS) throw new DecodeError('There are too many array items without bytes.');
    }
    const items: AmqpValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.#read(code, end));
    return new AmqpArray(type, items, descriptor);
  }

  #code(limit: number): number {
    if (this.position >= limit) throw new DecodeError('The bytes end where a value should begin.');
    return this.#bytes[this.position++] as number;
  }

  /** Where the value ends whose code has been read. */
  #endOf(code: number, limit: number): number {
    if (typeOfCode(code) === undefined) throw unknownType(code);
    const width = widthOfCode(code);
    let end = this.position + width;
    if (isSized(code) && end <= limit) end += this.#bytes.readUIntBE(this.position, width);
    if (end > limit) throw new DecodeError(`A value of type ${hex(code)} is longer than the bytes there are.`);
    return end;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw tooDeep();
  }
}

function readText(bytes: Buffer, type: 'string' | 'symbol', start: number, end: number): AmqpValue {
  const slice = bytes.subarray(start, end);
  if (type === 'string') {
    if (!isUtf8(slice)) throw new DecodeError('A string is not UTF-8.');
    return slice.toString('utf8');
  }
  if (!isAscii(slice)) throw new DecodeError('A symbol is not ASCII.');
  return new Scalar('symbol', slice.toString('latin1'));
}

type PlainType = Exclude<PrimitiveType, 'list' | 'map' | 'array' | 'string' | 'symbol'>;

function readPlain(bytes: Buffer, type: PlainType, code: number, start: number, end: number): AmqpValue {
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return code === 0x56 ? readBoolean(bytes[start] as number) : code === 0x41;
    case 'binary':
      return bytes.subarray(start, end);
    case 'uuid':
    case 'decimal32':
    case 'decimal64':
    case 'decimal128':
      return new Scalar(type, bytes.subarray(start, end));
    case 'char':
      return new Scalar('char', readChar(bytes.readUInt32BE(start)));
    case 'float':
      return new Scalar('float', bytes.readFloatBE(start));
    case 'double':
      return new Scalar('double', bytes.readDoubleBE(start));
    case 'ulong':
      return new Scalar(
        'ulong',
        end - start === 8 ? bytes.readBigUInt64BE(start) : BigInt(smallUint(bytes, start, end)),
      );
    case 'long':
    case 'timestamp':
      return new Scalar(type, end - start === 8 ? bytes.readBigInt64BE(start) : BigInt(bytes.readInt8(start)));
    case 'ubyte':
    case 'ushort':
    case 'uint':
      return new Scalar(type, smallUint(bytes, start, end));
    case 'byte':
    case 'short':
    case 'int':
      return new Scalar(type, bytes.readIntBE(start, end - start));
  }
}

/** At most four bytes; none at all are a zero. */
function smallUint(bytes: Buffer, start: number, end: number): number {
  return start === end ? 0 : bytes.readUIntBE(start, end - start);
}

function readBoolean(byte: number): boolean {
  if (byte > 1) throw new DecodeError(`A boolean is 0 or 1, not ${byte}.`);
  return byte === 1;
}

function readChar(codePoint: number): string {
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (codePoint > 0x10ffff || isSurrogate) throw new DecodeError(`${hex(codePoint)} is no Unicode character.`);
  return String.fromCodePoint(codePoint);
}

function toMap(items: readonly AmqpValue[]): AmqpMap {
  if (items.length % 2 !== 0) throw new DecodeError('A map has a key without a value.');
  const map = new Map<AmqpValue, AmqpValue>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i] as AmqpValue, items[i + 1] as AmqpValue);
  return map;
}

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;
const unknownType = (code: number): DecodeError => new DecodeError(`${hex(code)} is no AMQP type.`);
const tooDeep = (): DecodeError => new DecodeError(`Values are nested more than ${MAX_DEPTH} deep.`);

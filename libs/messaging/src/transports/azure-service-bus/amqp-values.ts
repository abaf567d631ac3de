/**
 * As much of AMQP's encoding (OASIS AMQP 1.0, part 1) as it takes to change some values of a message and leave all
 * others byte for byte: where a value ends, what is in a list or map, and how ours are written.
 */

const described = 0x00;
const widths: Readonly<Record<number, number>> = { 0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16 };
const largestUint = 0xffff_ffff;

/** The value that is absent. */
export const nullValue = Buffer.of(0x40);

/**
 * Where the value at `at` ends, its descriptor included.
 * @throws RangeError when the bytes are no AMQP value
 */
export function endOfValue(bytes: Buffer, at: number): number {
  const code = bytes.readUInt8(at);
  if (code === described) return endOfValue(bytes, endOfValue(bytes, at + 1));
  const end = endOfContent(bytes, code, at + 1);
  if (end > bytes.length) throw new RangeError(`A value of type 0x${code.toString(16)} is longer than its message.`);
  return end;
}

function endOfContent(bytes: Buffer, code: number, at: number): number {
  const category = code >>> 4;
  const width = widths[category];
  if (width !== undefined) return at + width;
  if (category < 0xa) throw new RangeError(`0x${code.toString(16)} is no AMQP type.`);
  return category % 2 === 0 ? at + 1 + bytes.readUInt8(at) : at + 4 + bytes.readUInt32BE(at);
}

/**
 * The encoded items of the list or map at `at`; of a map its keys and values in turn.
 * @throws RangeError when it is neither
 */
export function itemsAt(bytes: Buffer, at: number): Buffer[] {
  const code = bytes.readUInt8(at);
  if (code === 0x45) return [];
  const isSmall = code === 0xc0 || code === 0xc1;
  if (!isSmall && code !== 0xd0 && code !== 0xd1) throw new RangeError(`0x${code.toString(16)} is no list or map.`);
  const count = isSmall ? bytes.readUInt8(at + 2) : bytes.readUInt32BE(at + 5);
  const items: Buffer[] = [];
  let start = at + (isSmall ? 3 : 9);
  while (items.length < count) {
    const end = endOfValue(bytes, start);
    items.push(bytes.subarray(start, end));
    start = end;
  }
  return items;
}

/** The text of an encoded string or symbol; undefined for anything else. */
export function readText(value: Buffer | undefined): string | undefined {
  const code = value?.[0];
  if (code === 0xa1 || code === 0xa3) return value?.toString('utf8', 2);
  if (code === 0xb1 || code === 0xb3) return value?.toString('utf8', 5);
  return undefined;
}

/** The number an encoded unsigned integer stands for; undefined for anything else. */
export function readUnsigned(value: Buffer | undefined): number | undefined {
  switch (value?.[0]) {
    case 0x43:
    case 0x44:
      return 0;
    case 0x52:
    case 0x53:
      return value.readUInt8(1);
    case 0x70:
      return value.readUInt32BE(1);
    case 0x80:
      return Number(value.readBigUInt64BE(1));
    default:
      return undefined;
  }
}

/** The time an encoded timestamp stands for, in milliseconds since 1970; undefined for anything else. */
export function readTimestamp(value: Buffer | undefined): number | undefined {
  return value?.[0] === 0x83 ? Number(value.readBigInt64BE(1)) : undefined;
}

export function writeString(text: string): Buffer {
  return writeBytes(0xa1, Buffer.from(text));
}

export function writeSymbol(text: string): Buffer {
  return writeBytes(0xa3, Buffer.from(text, 'ascii'));
}

/** A whole number, 0 or more: as uint where it fits, as ulong where not. */
export function writeUnsigned(value: number): Buffer {
  if (value === 0) return Buffer.of(0x43);
  if (value < 256) return Buffer.of(0x52, value);
  if (value <= largestUint) return withUint(0x70, value);
  const bytes = Buffer.alloc(9, 0x80);
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return bytes;
}

/** A time in milliseconds since 1970. */
export function writeTimestamp(ms: number): Buffer {
  const bytes = Buffer.alloc(9, 0x83);
  bytes.writeBigInt64BE(BigInt(Math.round(ms)), 1);
  return bytes;
}

export function writeList(items: readonly Buffer[]): Buffer {
  return writeCompound(0xd0, items);
}

/** A map of keys and values in turn. */
export function writeMap(items: readonly Buffer[]): Buffer {
  return writeCompound(0xd1, items);
}

function writeCompound(code: number, items: readonly Buffer[]): Buffer {
  const content = Buffer.concat(items);
  const head = Buffer.alloc(9, code);
  head.writeUInt32BE(content.length + 4, 1);
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, content]);
}

/** `code` is that of the short form, whose length has one byte; the long one's is 16 higher. */
function writeBytes(code: number, content: Buffer): Buffer {
  const head = content.length < 256 ? Buffer.of(code, content.length) : withUint(code + 0x10, content.length);
  return Buffer.concat([head, content]);
}

function withUint(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(5, code);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

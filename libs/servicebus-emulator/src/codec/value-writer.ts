import { writeShortText } from './short-text.js';

/** Writes AMQP values one after the other into a buffer that grows. */
export class ValueWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** What was written. */
  finish(): Buffer {
    return this.#length === this.#bytes.length ? this.#bytes : Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** What was written, without copying it; the writer must not be used again. For bytes that are soon on the wire. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew, in the same memory. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  raw(bytes: Uint8Array | readonly number[]): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Some of the bytes, as they are. */
  part(bytes: Buffer, from: number, to = bytes.length): this {
    const at = this.#grow(to - from);
    bytes.copy(this.#bytes, at, from, to);
    return this;
  }

  /** The descriptor of a section or of another type of the specification (below 256). */
  descriptor(code: number): this {
    const at = this.#grow(3);
    this.#bytes[at] = 0;
    this.#bytes[at + 1] = 0x53;
    this.#bytes[at + 2] = code;
    return this;
  }

  /** A descriptor beyond a byte, as Service Bus has them for rules. */
  wideDescriptor(code: bigint): this {
    const at = this.#grow(10);
    this.#bytes[at] = 0;
    this.#bytes[at + 1] = 0x80;
    this.#bytes.writeBigUInt64BE(code, at + 2);
    return this;
  }

  null(): this {
    return this.#code(0x40);
  }

  boolean(value: boolean): this {
    return this.#code(value ? 0x41 : 0x42);
  }

  ubyte(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = 0x50;
    this.#bytes[at + 1] = value;
    return this;
  }

  uint(value: number): this {
    const at = this.#grow(5);
    this.#bytes[at] = 0x70;
    this.#bytes.writeUInt32BE(value, at + 1);
    return this;
  }

  int(value: number): this {
    const at = this.#grow(5);
    this.#bytes[at] = 0x71;
    this.#bytes.writeInt32BE(value, at + 1);
    return this;
  }

  /** @param value a safe integer when it is a number */
  long(value: number | bigint): this {
    return this.#eight(0x81, value);
  }

  /** @param value ms since 1970 */
  timestamp(value: number): this {
    return this.#eight(0x83, value);
  }

  double(value: number): this {
    const at = this.#grow(9);
    this.#bytes[at] = 0x82;
    this.#bytes.writeDoubleBE(value, at + 1);
    return this;
  }

  string(value: string): this {
    return this.#text(0xa1, value);
  }

  symbol(value: string): this {
    return this.#text(0xa3, value);
  }

  binary(value: Uint8Array): this {
    this.#variable(0xa0, value.length);
    return this.raw(value);
  }

  uuid(bytes: Uint8Array): this {
    return this.#code(0x98).raw(bytes);
  }

  /** A list whose items `write` writes. @param count how many it writes */
  list(count: number, write: (writer: this) => void): this {
    return this.#compound(0xd0, count, write);
  }

  /** A map whose keys and values, alternating, `write` writes. @param entries how many pairs it writes */
  map(entries: number, write: (writer: this) => void): this {
    return this.#compound(0xd1, entries * 2, write);
  }

  /** An array of 16-byte, 8-byte or shorter elements of one type: `write` writes the elements without their type. */
  array(elementCode: number, elements: readonly Buffer[]): this {
    const at = this.#grow(10);
    this.#bytes[at] = 0xf0;
    this.#bytes.writeUInt32BE(elements.length, at + 5);
    this.#bytes[at + 9] = elementCode;
    for (const element of elements) this.raw(element);
    this.#bytes.writeUInt32BE(this.#length - at - 5, at + 1);
    return this;
  }

  /** Begins a list whose items are written until {@link end}. @param count how many they are @returns what `end` needs */
  beginList(count: number): number {
    return this.#begin(0xd0, count);
  }

  /** Begins a map whose keys and values, alternating, are written until {@link end}. @param entries how many pairs */
  beginMap(entries: number): number {
    return this.#begin(0xd1, entries * 2);
  }

  /** Ends the list or map that was begun there. */
  end(begun: number): this {
    this.#bytes.writeUInt32BE(this.#length - begun - 5, begun + 1);
    return this;
  }

  #begin(code: number, count: number): number {
    const at = this.#grow(9);
    this.#bytes[at] = code;
    this.#bytes.writeUInt32BE(count, at + 5);
    return at;
  }

  #compound(code: number, count: number, write: (writer: this) => void): this {
    const begun = this.#begin(code, count);
    write(this);
    return this.end(begun);
  }

  #text(shortCode: number, value: string): this {
    const begun = this.#grow(2 + value.length);
    if (value.length < 256 && writeShortText(this.#bytes, begun + 2, value)) {
      this.#bytes[begun] = shortCode;
      this.#bytes[begun + 1] = value.length;
      return this;
    }
    this.#length = begun;
    const length = Buffer.byteLength(value);
    this.#variable(shortCode, length);
    const at = this.#grow(length);
    this.#bytes.write(value, at);
    return this;
  }

  #variable(shortCode: number, length: number): void {
    if (length < 256) {
      const at = this.#grow(2);
      this.#bytes[at] = shortCode;
      this.#bytes[at + 1] = length;
      return;
    }
    const at = this.#grow(5);
    this.#bytes[at] = shortCode + 0x10;
    this.#bytes.writeUInt32BE(length, at + 1);
  }

  #eight(code: number, value: number | bigint): this {
    const at = this.#grow(9);
    this.#bytes[at] = code;
    if (typeof value === 'bigint') {
      this.#bytes.writeBigInt64BE(value, at + 1);
    } else {
      this.#bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at + 1);
      this.#bytes.writeUInt32BE(value >>> 0, at + 5);
    }
    return this;
  }

  #code(code: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = code;
    return this;
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const bigger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(bigger, 0, 0, at);
      this.#bytes = bigger;
    }
    return at;
  }
}

import { room } from './writing-room.js';

/** Room for a message beside its body, in bytes; more is made when it is needed. */
const roomBesideBody = 1_024;
/** What a text of so many UTF-16 units takes as UTF-8 at most, in bytes a unit. */
const bytesPerUnit = 3;

/**
 * Writes AMQP values (OASIS AMQP 1.0, part 1) one behind the other into one buffer, in the forms that rhea chooses: short
 * ones for texts, bytes and numbers where they fit, long ones for lists and maps. One writes at a time: all of them share
 * {@link room}.
 */
export class ValueWriter {
  #bytes: Buffer;
  #at = 0;

  /** @param body how long the bytes are that a {@link binary} will be given */
  constructor(body: number) {
    this.#bytes = room.open(body + roomBesideBody);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** What was written; to be called once, before another writer is made. */
  toBuffer(): Buffer {
    return room.take(this.#bytes, this.#at);
  }

  /** The descriptor of a section; its value is what is written next. */
  section(code: number): this {
    return this.#octet(0x00).#octet(0x53).#octet(code);
  }

  emptyList(): this {
    return this.#octet(0x45);
  }

  list(count: number, write: () => void): this {
    return this.#compound(0xd0, count, write);
  }

  /** A map of so many entries, its keys and values written in turn. */
  map(entries: number, write: () => void): this {
    return this.#compound(0xd1, 2 * entries, write);
  }

  /** The value that is absent. */
  none(): this {
    return this.#octet(0x40);
  }

  boolean(value: boolean): this {
    return this.#octet(value ? 0x41 : 0x42);
  }

  /** A whole number from 0 to 4,294,967,295; 0 as a signed one, as rhea has it. */
  uint(value: number): this {
    if (value === 0) return this.#octet(0x54).#octet(0x00);
    if (value < 256) return this.#octet(0x52).#octet(value);
    this.#octet(0x70);
    this.#uint32(value);
    return this;
  }

  string(text: string): this {
    return this.#text(0xa1, text);
  }

  symbol(text: string): this {
    return this.#text(0xa3, text);
  }

  binary(content: Uint8Array): this {
    const { byteLength } = content;
    this.#lengthOf(0xa0, byteLength);
    this.#ensure(byteLength);
    this.#bytes.set(content, this.#at);
    this.#at += byteLength;
    return this;
  }

  #text(code: number, text: string): this {
    const most = text.length * bytesPerUnit;
    if (most > 255) {
      const length = Buffer.byteLength(text);
      this.#lengthOf(code, length);
      this.#ensure(length);
      this.#at += this.#bytes.write(text, this.#at);
      return this;
    }
    this.#ensure(most + 2);
    this.#bytes[this.#at] = code;
    const length = this.#bytes.write(text, this.#at + 2);
    this.#bytes[this.#at + 1] = length;
    this.#at += length + 2;
    return this;
  }

  /** `code` is that of the short form, whose length has one byte; the long one's is 16 higher. */
  #lengthOf(code: number, length: number): void {
    if (length < 256) {
      this.#octet(code).#octet(length);
      return;
    }
    this.#octet(code + 0x10);
    this.#uint32(length);
  }

  #compound(code: number, items: number, write: () => void): this {
    this.#octet(code);
    const sizeAt = this.#at;
    this.#uint32(0);
    this.#uint32(items);
    write();
    this.#bytes.writeUInt32BE(this.#at - sizeAt - 4, sizeAt);
    return this;
  }

  #octet(octet: number): this {
    this.#ensure(1);
    this.#bytes[this.#at++] = octet;
    return this;
  }

  #uint32(value: number): void {
    this.#ensure(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  #ensure(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

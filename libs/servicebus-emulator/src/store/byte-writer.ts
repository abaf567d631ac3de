import { writeShortText } from '../codec/short-text.js';

const INITIAL_SIZE = 4096;

/** Builds a buffer from small pieces. Whole numbers take 1 byte for each 7 bits, lengths come first. */
export class ByteWriter {
  readonly #reserved: number;
  #buffer: Buffer;
  #length: number;

  /** @param reserved bytes left free at the start, for a header that is known only at the end */
  constructor(reserved = 0) {
    this.#reserved = reserved;
    this.#buffer = Buffer.allocUnsafeSlow(INITIAL_SIZE);
    this.#length = reserved;
  }

  /** Bytes so far, with those reserved. */
  get length(): number {
    return this.#length;
  }

  /** Everything so far, until {@link clear}. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** How much it holds without growing. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Begins anew in the same memory: what `finish` handed out is overwritten. */
  clear(): void {
    this.#length = this.#reserved;
  }

  /** Takes back everything behind this length. */
  cutTo(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    this.#grow(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${value} is not a whole number from 0 to 2^53 - 1`);
    }
    this.#grow(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length] = (rest % 0x80) + 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length] = rest;
    this.#length += 1;
  }

  double(value: number): void {
    this.#grow(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  text(value: string): void {
    const begun = this.#length;
    this.count(value.length);
    this.#grow(value.length);
    if (writeShortText(this.#buffer, this.#length, value)) {
      this.#length += value.length;
      return;
    }
    this.#length = begun;
    const size = Buffer.byteLength(value);
    this.count(size);
    this.#grow(size);
    this.#length += this.#buffer.write(value, this.#length, size, 'utf8');
  }

  bytes(value: Buffer): void {
    this.count(value.length);
    this.#grow(value.length);
    this.#length += value.copy(this.#buffer, this.#length);
  }

  /** A value that may be absent, written by one of the other methods. */
  optional<T>(value: T | undefined, write: (value: T) => void): void {
    this.byte(value === undefined ? 0 : 1);
    if (value !== undefined) {
      write(value);
    }
  }

  #grow(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) {
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

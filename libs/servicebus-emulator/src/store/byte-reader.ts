const EMPTY = Buffer.alloc(0);

/** Reads what a ByteWriter wrote. Running past the end throws a RangeError. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get atEnd(): boolean {
    return this.#position >= this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer.readUInt8(this.#position);
    this.#position += 1;
    return value;
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const next = this.byte();
      value += (next % 0x80) * scale;
      if (next < 0x80) {
        return value;
      }
      scale *= 0x80;
    }
  }

  double(): number {
    const value = this.#buffer.readDoubleLE(this.#position);
    this.#position += 8;
    return value;
  }

  text(): string {
    return this.#slice().toString('utf8');
  }

  /**
   * A copy: what is read is kept for long, and must not pin the whole of what it was read from. Small ones share Node's
   * pool, 8 KB a piece, with their neighbours: a buffer each would cost more than most bodies.
   */
  bytes(): Buffer {
    const slice = this.#slice();
    return slice.length === 0 ? EMPTY : Buffer.from(slice);
  }

  optional<T>(read: () => T): T | undefined {
    return this.byte() === 0 ? undefined : read();
  }

  #slice(): Buffer {
    const length = this.count();
    const end = this.#position + length;
    if (end > this.#buffer.length) {
      throw new RangeError(`a length of ${length} reaches beyond the end of the record`);
    }
    const slice = this.#buffer.subarray(this.#position, end);
    this.#position = end;
    return slice;
  }
}

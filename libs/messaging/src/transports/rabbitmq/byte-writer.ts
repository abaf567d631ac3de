/** What a text may take at most in UTF-8, in bytes a UTF-16 code unit. */
const mostBytes = 3;
/** A text of so many code units or fewer is written here: a call of the native encoder takes longer. */
const shortText = 64;

/** Numbers and texts one after the other in one buffer, which grows. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(16_384);
  /** How many bytes there are; may be set back. */
  length = 0;

  u8(value: number): void {
    this.#makeRoom(1);
    this.#bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.#makeRoom(2);
    this.length = this.#bytes.writeUInt16BE(value, this.length);
  }

  u32(value: number): void {
    this.#makeRoom(4);
    this.length = this.#bytes.writeUInt32BE(value, this.length);
  }

  /** A whole number from 0 to 2⁵³ − 1. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  u16At(offset: number, value: number): void {
    this.#bytes.writeUInt16BE(value, offset);
  }

  u32At(offset: number, value: number): void {
    this.#bytes.writeUInt32BE(value, offset);
  }

  u8At(offset: number, value: number): void {
    this.#bytes[offset] = value;
  }

  /** In UTF-8. Answers how many bytes it took. */
  text(text: string): number {
    this.#makeRoom(text.length * mostBytes);
    const bytes = this.#bytes;
    let at = this.length;
    if (text.length <= shortText) {
      for (let index = 0; index < text.length; index += 1) {
        const unit = text.charCodeAt(index);
        if (unit > 0x7f) return this.#encode(text);
        bytes[at++] = unit;
      }
      this.length = at;
      return text.length;
    }
    return this.#encode(text);
  }

  /** The bytes of another buffer, from `start` to before `end`. */
  copy(from: Buffer, start: number, end: number): void {
    this.#makeRoom(end - start);
    this.length += from.copy(this.#bytes, this.length, start, end);
  }

  /** What was written since it was last taken. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.length);
    this.#bytes.copy(taken, 0, 0, this.length);
    this.length = 0;
    return taken;
  }

  #encode(text: string): number {
    const taken = this.#bytes.write(text, this.length, 'utf8');
    this.length += taken;
    return taken;
  }

  #makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}

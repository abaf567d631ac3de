/** What an absent number reads as. */
export const NONE = -1;

/** `00 53 code`: the descriptor of a performative in its usual encoding. */
const DESCRIPTOR_SIZE = 3;

/**
 * Reads the fields of a performative one by one without making an object of any. It knows the usual encodings only:
 * whatever else there is sets {@link isUsual} to false, and the frame is read by its type's table instead.
 */
export class FieldCursor {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #left = 0;
  /** Whether everything read so far was encoded in the usual way. */
  isUsual = true;
  /** Where the binary that was read last lies. */
  start = 0;

  /** Goes to the first field of the performative at `start`; its list must end by `limit`. */
  open(bytes: Buffer, start: number, limit: number): void {
    const head = start + DESCRIPTOR_SIZE;
    const width = bytes[head] === 0xc0 ? 1 : bytes[head] === 0xd0 ? 4 : 0;
    this.isUsual = width > 0 && head + 1 + 2 * width <= limit;
    if (!this.isUsual) return;
    this.#bytes = bytes;
    this.#at = head + 1 + 2 * width;
    this.#end = head + 1 + width + (width === 1 ? (bytes[head + 1] as number) : bytes.readUInt32BE(head + 1));
    this.#left = width === 1 ? (bytes[head + 2] as number) : bytes.readUInt32BE(head + 5);
    this.isUsual = this.#end <= limit && this.#at <= this.#end;
  }

  /** Whether all fields were read and nothing is left over; {@link position} is behind the list then. */
  close(): boolean {
    return this.isUsual && this.#left === 0 && this.#at === this.#end;
  }

  get position(): number {
    return this.#at;
  }

  /** @returns NONE when absent */
  uint(): number {
    if (!this.#begin()) return NONE;
    switch (this.#bytes[this.#at]) {
      case 0x40:
        return this.#passed(1, NONE);
      case 0x43:
        return this.#passed(1, 0);
      case 0x52:
        return this.#passed(2, this.#bytes[this.#at + 1] as number);
      case 0x70:
        if (this.#at + 5 > this.#end) return this.#unusual();
        return this.#passed(5, this.#bytes.readUInt32BE(this.#at + 1));
      default:
        return this.#unusual();
    }
  }

  ubyte(): number {
    if (!this.#begin()) return NONE;
    const code = this.#bytes[this.#at];
    if (code === 0x40) return this.#passed(1, NONE);
    return code === 0x50 ? this.#passed(2, this.#bytes[this.#at + 1] as number) : this.#unusual();
  }

  /** A boolean that cannot be left out. */
  mandatoryBoolean(): boolean {
    const isThere = this.#left > 0 && this.#bytes[this.#at] !== 0x40;
    if (!isThere) this.isUsual = false;
    return this.boolean();
  }

  /** @returns false when absent */
  boolean(): boolean {
    if (!this.#begin()) return false;
    const code = this.#bytes[this.#at] as number;
    if (code < 0x40 || code > 0x42) this.isUsual = false;
    this.#passed(1, 0);
    return code === 0x41;
  }

  /** @returns its length; NONE when absent */
  binary(): number {
    if (!this.#begin()) return NONE;
    const code = this.#bytes[this.#at];
    if (code === 0x40) return this.#passed(1, NONE);
    if (code !== 0xa0 || this.#at + 2 > this.#end) return this.#unusual();
    const length = this.#bytes[this.#at + 1] as number;
    this.start = this.#at + 2;
    return this.#passed(2 + length, length);
  }

  /** A described empty list. @returns its numeric descriptor; NONE when absent */
  emptyState(): number {
    if (!this.#begin()) return NONE;
    const at = this.#at;
    const bytes = this.#bytes;
    if (bytes[at] === 0x40) return this.#passed(1, NONE);
    if (at + 4 > this.#end || bytes[at] !== 0 || bytes[at + 1] !== 0x53) return this.#unusual();
    const code = bytes[at + 2] as number;
    if (bytes[at + 3] === 0x45) return this.#passed(4, code);
    const isEmpty = bytes[at + 3] === 0xc0 && bytes[at + 4] === 1 && bytes[at + 5] === 0;
    return isEmpty ? this.#passed(6, code) : this.#unusual();
  }

  /** A field that must be absent. */
  nothing(): void {
    if (!this.#begin()) return;
    if (this.#bytes[this.#at] === 0x40) this.#passed(1, NONE);
    else this.#unusual();
  }

  /** @returns false when there is no such field any more */
  #begin(): boolean {
    if (!this.isUsual || this.#left === 0) return false;
    this.#left--;
    if (this.#at < this.#end) return true;
    this.isUsual = false;
    return false;
  }

  #passed(size: number, value: number): number {
    this.#at += size;
    if (this.#at > this.#end) this.isUsual = false;
    return value;
  }

  #unusual(): number {
    this.isUsual = false;
    return NONE;
  }
}

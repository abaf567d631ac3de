/** What is made at a time, in bytes: some fifty messages of 1 KB. It lives as long as the last of them. */
const CHUNK = 65_536;

/**
 * Memory in which what is written lies one behind the other. To make a buffer for each message, of a length that is known
 * only afterwards, costs as much as to write it.
 */
class WritingRoom {
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Room for so many bytes, and maybe more. It is the next one's as well, except for what is taken of it. */
  open(length: number): Buffer {
    if (this.#chunk.length - this.#used < length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
      this.#used = 0;
    }
    return this.#chunk.subarray(this.#used);
  }

  /** The first bytes of a room, which nobody else is given from now on. */
  take(opened: Buffer, length: number): Buffer {
    const isOurs = opened.buffer === this.#chunk.buffer;
    if (isOurs) this.#used += length;
    return opened.subarray(0, length);
  }
}

/** Of all writers. */
export const room = new WritingRoom();

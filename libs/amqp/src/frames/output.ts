const FIRST_SIZE = 16 * 1024;
/** Larger buffers are not kept, in bytes. */
const MAX_KEPT_SIZE = 128 * 1024;
const MAX_KEPT = 16;

/** Memory for output that all connections share: only those that have something to write hold any. */
export class BufferPool {
  readonly #buffers: Buffer[] = [];

  take(size: number): Buffer {
    if (size > FIRST_SIZE) return Buffer.allocUnsafeSlow(size);
    return this.#buffers.pop() ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  /** @param buffer nobody may use it any more */
  giveBack(buffer: Buffer): void {
    if (buffer.length > MAX_KEPT_SIZE || this.#buffers.length === MAX_KEPT) return;
    if (!this.#buffers.some((kept) => kept.buffer === buffer.buffer)) this.#buffers.push(buffer);
  }
}

/** The output of one connection: frames gather in one growing buffer until it is taken. */
export class Output {
  readonly #pool: BufferPool;
  readonly #began: () => void;
  #bytes: Buffer | undefined;
  #length = 0;

  /** @param began there is something to take where there was nothing */
  constructor(pool: BufferPool, began: () => void = () => {}) {
    this.#pool = pool;
    this.#began = began;
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.#length;
  }

  /** What {@link reserve} has made room in: valid until the next one. */
  get bytes(): Buffer {
    return this.#bytes as Buffer;
  }

  /** Makes room for so many bytes. @returns where in {@link bytes} */
  reserve(size: number): number {
    const needed = this.#length + size;
    if (!this.#bytes) {
      this.#bytes = this.#pool.take(needed);
    } else if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#pool.giveBack(this.#bytes);
      this.#bytes = larger;
    }
    return this.#length;
  }

  /** What was reserved is written up to `end`. */
  commit(end: number): void {
    const begins = this.#length === 0;
    this.#length = end;
    if (begins) this.#began();
  }

  /** All that waits, in one piece; undefined when there is nothing. */
  take(): Buffer | undefined {
    if (!this.#bytes || this.#length === 0) return undefined;
    const piece = this.#bytes.subarray(0, this.#length);
    this.#bytes = undefined;
    this.#length = 0;
    return piece;
  }

  /** A piece that was taken has left: its memory may be used again. For writers that keep nothing of it only. */
  giveBack(piece: Buffer): void {
    this.#pool.giveBack(Buffer.from(piece.buffer));
  }
}

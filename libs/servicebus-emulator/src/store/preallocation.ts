import type { StoreFile } from './files.js';

/** A shorter file is not extended: most brokers are small, and so are their files. In bytes. */
const MIN_FILE_SIZE = 256 * 1024;
/** How much a file is extended by at a time, in bytes: some thousand messages, and written within milliseconds. */
const EXTENT_SIZE = 4 * 1024 * 1024;
/** Zeros written at a time, in bytes: what the journal writes meanwhile waits for the file. */
const PIECE_SIZE = 512 * 1024;

let zeros: Buffer | undefined;

/**
 * Extends a growing file ahead of what is written into it, with zeros that are on the disk already. A synced write into them
 * takes half as long as one that makes the file longer, since the file system has nothing of its own to write.
 */
export class Preallocation {
  readonly #file: StoreFile;
  /** Up to here zeros are on the disk. */
  #end = 0;
  #extending: Promise<void> | undefined;
  #isFull = false;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Resolves when the file may be written up to `end`: zeros that are being written there must not overtake it. */
  async waitFor(end: number): Promise<void> {
    if (end > this.#end) await this.#extending;
  }

  /** The file has been written up to `position`: extends it when little is left, while the broker goes on. */
  extendPast(position: number): void {
    if (this.#extending || this.#isFull || position < MIN_FILE_SIZE || this.#end - position > EXTENT_SIZE / 2) return;
    this.#extending = this.#extend(Math.max(this.#end, position)).finally(() => (this.#extending = undefined));
  }

  /** Ends the file at `position`, behind what was written into it. */
  async trim(position: number): Promise<void> {
    await this.#extending;
    if (this.#end > position || this.#isFull) await this.#file.truncate(position);
    this.#end = 0;
    this.#isFull = false;
  }

  async #extend(from: number): Promise<void> {
    zeros ??= Buffer.alloc(PIECE_SIZE);
    try {
      for (let end = from; end < from + EXTENT_SIZE; end += PIECE_SIZE) {
        await this.#file.write(zeros, end);
        this.#end = end + PIECE_SIZE;
      }
    } catch {
      // The disk is full, or worse: what is written next meets the same disk, and says so to those it concerns.
      this.#isFull = true;
    }
  }
}

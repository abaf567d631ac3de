import type { StoreFile } from './files.js';

/** A file with less in it is left alone: most brokers are small, and so are their files. In bytes. */
const WORTH_IT = 256 * 1024;
/** How much room is made at a time, in bytes: enough for some thousand messages, and written within milliseconds. */
const ROOM_SIZE = 4 * 1024 * 1024;
/** Zeros written at a time, in bytes: what the journal writes meanwhile waits for the file. */
const PIECE_SIZE = 512 * 1024;

let zeros: Buffer | undefined;

/**
 * Keeps a file that grows longer than what is in it, with zeros that are on the disk already. A synced write into them
 * takes half as long as one that makes the file longer, since the file system has nothing of its own to write.
 */
export class RoomAhead {
  readonly #file: StoreFile;
  /** Up to here there is room. */
  #end = 0;
  #making: Promise<void> | undefined;
  #isFull = false;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Resolves when the file may be written up to `end`: beyond the room, zeros may be on their way. */
  async reach(end: number): Promise<void> {
    if (end > this.#end) await this.#making;
  }

  /** The file has been written up to `position`: makes more room when little is left, while the broker goes on. */
  keepAheadOf(position: number): void {
    if (this.#making || this.#isFull || position < WORTH_IT || this.#end - position > ROOM_SIZE / 2) return;
    this.#making = this.#make(Math.max(this.#end, position)).finally(() => (this.#making = undefined));
  }

  /** Gives back what nothing was written into. */
  async giveBack(position: number): Promise<void> {
    await this.#making;
    if (this.#end > position || this.#isFull) await this.#file.truncate(position);
    this.#end = 0;
    this.#isFull = false;
  }

  async #make(from: number): Promise<void> {
    zeros ??= Buffer.alloc(PIECE_SIZE);
    try {
      for (let end = from; end < from + ROOM_SIZE; end += PIECE_SIZE) {
        await this.#file.write(zeros, end);
        this.#end = end + PIECE_SIZE;
      }
    } catch {
      // The disk is full, or worse: what is written next meets the same disk, and says so to those it concerns.
      this.#isFull = true;
    }
  }
}

import { isDiskFull } from './errors.js';
import { RESERVE } from './file-names.js';
import type { StoreDirectory } from './files.js';

const PIECE_SIZE = 256 * 1024;

/** A file that takes up disk space for when the disk is full: settling messages must always be possible. */
export class DiskReserve {
  readonly #directory: StoreDirectory;
  readonly #size: number;
  #filling: Promise<boolean> = Promise.resolve(true);

  /** @param size in bytes; 0 for no reserve */
  constructor(directory: StoreDirectory, size: number) {
    this.#directory = directory;
    this.#size = size;
  }

  /** Writes the file. Resolves to false, and leaves no file, when the disk is too full for it. */
  fill(): Promise<boolean> {
    this.#filling = this.#filling.then(() => this.#fill());
    return this.#filling;
  }

  /** Deletes the file, so that its space can be used. */
  async release(): Promise<void> {
    // A failure to fill it rejects that call; here it only matters that the file is not being written.
    await this.#filling.catch(() => false);
    await this.#directory.remove(RESERVE);
  }

  async #fill(): Promise<boolean> {
    try {
      if (!(await this.#isThere())) {
        await this.#write();
      }
      return true;
    } catch (error) {
      await this.#directory.remove(RESERVE);
      if (isDiskFull(error)) {
        return false;
      }
      throw error;
    }
  }

  async #isThere(): Promise<boolean> {
    if (this.#size === 0) {
      return true;
    }
    if (!(await this.#directory.list()).includes(RESERVE)) {
      return false;
    }
    const file = await this.#directory.open(RESERVE, 'read');
    try {
      return (await file.size()) === this.#size;
    } finally {
      await file.close();
    }
  }

  async #write(): Promise<void> {
    const file = await this.#directory.open(RESERVE, 'create');
    try {
      const piece = Buffer.alloc(Math.min(PIECE_SIZE, this.#size));
      for (let position = 0; position < this.#size; position += piece.length) {
        await file.write(piece, position);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

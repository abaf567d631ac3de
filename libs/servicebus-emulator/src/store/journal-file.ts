import { journalName } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { newFileHeader, sealFrame } from './frame.js';

/** The journal file that is being written. */
export class JournalFile {
  readonly number: number;
  readonly #file: StoreFile;
  readonly #salt: number;
  #position: number;

  private constructor(number: number, file: StoreFile, salt: number, position: number) {
    this.number = number;
    this.#file = file;
    this.#salt = salt;
    this.#position = position;
  }

  /**
   * Makes an empty journal file; it and its name are on the disk when this resolves.
   * @param purpose `log` when appended frames must be on the disk too, as soon as they are written
   */
  static async create(directory: StoreDirectory, number: number, purpose: 'create' | 'log'): Promise<JournalFile> {
    const name = journalName(number);
    const file = await directory.open(name, purpose);
    try {
      const { header, salt } = newFileHeader();
      await file.write(header, 0);
      await file.sync();
      await directory.sync();
      return new JournalFile(number, file, salt, header.length);
    } catch (error) {
      await file.close();
      // Left there, it would make the file before it look finished when the broker starts again.
      await directory.remove(name);
      await directory.sync();
      throw error;
    }
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#position;
  }

  /** Writes frames whose headers are still free, behind what is there. After a failure they can be written again. */
  async append(frames: readonly Buffer[]): Promise<void> {
    let position = this.#position;
    for (const frame of frames) {
      sealFrame(frame, this.#salt);
      await this.#file.write(frame, position);
      position += frame.length;
    }
    this.#position = position;
  }

  /** Takes away what a failed append left behind. */
  cutOffUnfinished(): Promise<void> {
    return this.#file.truncate(this.#position);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

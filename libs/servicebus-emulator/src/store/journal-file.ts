import { journalName } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { type FileHeader, newFileHeader, sealRecord } from './record.js';
import { Preallocation } from './preallocation.js';

/** The journal file that is being written. */
export class JournalFile {
  readonly number: number;
  readonly #file: StoreFile;
  readonly #salt: number;
  readonly #preallocation: Preallocation | undefined;
  #position: number;

  private constructor(number: number, file: StoreFile, header: FileHeader, room: Preallocation | undefined) {
    this.number = number;
    this.#file = file;
    this.#salt = header.salt;
    this.#position = header.header.length;
    this.#preallocation = room;
  }

  /**
   * Makes an empty journal file; it and its name are on the disk when this resolves.
   * @param purpose `log` when appended records must be on the disk too, as soon as they are written
   */
  static async create(directory: StoreDirectory, number: number, purpose: 'create' | 'log'): Promise<JournalFile> {
    const name = journalName(number);
    const file = await directory.open(name, purpose);
    try {
      const header = newFileHeader();
      await file.write(header.header, 0);
      await file.sync();
      await directory.sync();
      return new JournalFile(number, file, header, purpose === 'log' ? new Preallocation(file) : undefined);
    } catch (error) {
      await file.close();
      // Left there, it would make the file before it look finished when the broker starts again.
      await directory.remove(name);
      await directory.sync();
      throw error;
    }
  }

  /** Bytes written; the file itself may be longer. */
  get size(): number {
    return this.#position;
  }

  /** Writes records whose headers are still free, behind what is there. After a failure they can be written again. */
  async append(records: readonly Buffer[]): Promise<void> {
    let position = this.#position;
    for (const record of records) {
      sealRecord(record, this.#salt);
      await this.#preallocation?.waitFor(position + record.length);
      await this.#file.write(record, position);
      position += record.length;
    }
    this.#position = position;
    this.#preallocation?.extendPast(position);
  }

  /** Takes away what a failed append left behind. */
  async cutOffUnfinished(): Promise<void> {
    await this.#preallocation?.trim(this.#position);
    await this.#file.truncate(this.#position);
  }

  /** Makes the file as long as what is in it, and syncs it. More may be appended. */
  async finish(): Promise<void> {
    await this.#preallocation?.trim(this.#position);
    await this.#file.sync();
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

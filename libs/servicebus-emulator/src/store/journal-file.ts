import { journalName } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';
import { FILE_HEADER_SIZE, newFileHeader, sealRecord } from './record.js';
import { Preallocation } from './preallocation.js';
import type { SyncMode } from './sync-mode.js';
import type { SyncedNote } from './synced-note.js';

/** Where in the journal a file comes. */
export interface JournalPlace {
  readonly number: number;
  /** How long the file before it is, in bytes; 0 when it is not there. */
  readonly previousLength: number;
  /** Whether there is such a file already, without a record in it: it is made anew. */
  readonly isThere: boolean;
}

interface JournalFileOptions extends JournalPlace {
  readonly directory: StoreDirectory;
  /** With `always` appended records are on the disk too, as soon as they are written. */
  readonly sync: SyncMode;
  readonly note: SyncedNote;
}

/** The journal file that is being written. */
export class JournalFile {
  readonly #options: JournalFileOptions;
  readonly #file: StoreFile;
  readonly #salt: number;
  readonly #preallocation: Preallocation | undefined;
  #position: number;

  private constructor(options: JournalFileOptions, file: StoreFile, salt: number, size: number) {
    this.#options = options;
    this.#file = file;
    this.#salt = salt;
    this.#position = size;
    this.#preallocation = options.sync === 'always' ? new Preallocation(file) : undefined;
  }

  /** Makes an empty journal file; it, its name and the note of it are on the disk when this resolves. */
  static async create(options: JournalFileOptions): Promise<JournalFile> {
    const { directory, number, previousLength, isThere, sync, note } = options;
    const name = journalName(number);
    const file = await directory.open(name, sync === 'always' ? 'log' : 'create');
    try {
      const { bytes, salt } = newFileHeader(sync, previousLength);
      await file.write(bytes, 0);
      await file.sync();
      await directory.sync();
      await note.begin(number);
      return new JournalFile(options, file, salt, bytes.length);
    } catch (error) {
      await file.close();
      // Left there, it would make the file before it, which is written on, look finished when the broker starts again.
      if (!isThere) {
        await directory.remove(name);
        await directory.sync();
      }
      throw error;
    }
  }

  /** Makes the file that comes after this one, which must be finished. */
  createNext(): Promise<JournalFile> {
    return JournalFile.create({
      ...this.#options,
      number: this.number + 1,
      previousLength: this.#position,
      isThere: false,
    });
  }

  get number(): number {
    return this.#options.number;
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
    if (records.length > 0 && this.#options.sync === 'always') this.#options.note.set(this.number, position);
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
    await this.sync();
  }

  /** Syncs what was appended so far, and notes it. */
  async sync(): Promise<void> {
    const synced = this.#position;
    await this.#file.sync();
    if (synced > FILE_HEADER_SIZE) this.#options.note.set(this.number, synced);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

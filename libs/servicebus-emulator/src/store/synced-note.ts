import { crc32 } from 'node:zlib';
import { SYNCED_NOTE } from './file-names.js';
import type { StoreDirectory, StoreFile } from './files.js';

/*
 * How much of the journal was on the disk, in a file of its own beside it:
 *
 *   "OFNOTE1\n", number of the journal file, its synced length in 64 bits, CRC-32
 *
 * It is written after each sync, before anybody is answered, and overwritten in place: one write of a few bytes into
 * the memory of the operating system, which the end of the process does not take. On the disk it is at most 200 ms later: by then a
 * power cut finds it out of date, but never ahead of the journal. Until then the journal speaks for itself: a record is
 * begun when the one before it is synced, so only damage to the very last one could be taken for a torn tail.
 */

const MAGIC = Buffer.from('OFNOTE1\n', 'latin1');
const FILE_AT = MAGIC.length;
const LENGTH_AT = FILE_AT + 4;
const CHECKSUM_AT = LENGTH_AT + 8;
const SIZE = CHECKSUM_AT + 4;

/** How long the note on the disk may lag behind the one that is written, in ms. */
const LAG_MS = 200;

/** What the note says. */
export interface Synced {
  /** The number of the journal file that is being written. */
  readonly file: number;
  /** How many bytes of it are on the disk itself, at least; 0 while nothing was accepted into it. */
  readonly length: number;
}

/**
 * What is noted in a directory: `missing` when nothing is, which is so before the first record and with the files of
 * an earlier version, and `unreadable` when it is damaged.
 */
export async function readSyncedNote(directory: StoreDirectory): Promise<Synced | 'missing' | 'unreadable'> {
  if (!(await directory.list()).includes(SYNCED_NOTE)) return 'missing';
  const file = await directory.open(SYNCED_NOTE, 'read');
  try {
    const bytes = Buffer.alloc(SIZE);
    const filled = await file.read(bytes, 0);
    // A crash while it was made: it is filled, and synced, before the first record.
    if (filled < SIZE) return 'missing';
    const intact = bytes.subarray(0, FILE_AT).equals(MAGIC) && bytes.readUInt32LE(CHECKSUM_AT) === checksum(bytes);
    if (!intact) return 'unreadable';
    return { file: bytes.readUInt32LE(FILE_AT), length: Number(bytes.readBigUInt64LE(LENGTH_AT)) };
  } finally {
    await file.close();
  }
}

/** Notes how much of the journal is on the disk itself. */
export class SyncedNote {
  readonly #file: StoreFile;
  readonly #bytes = Buffer.alloc(SIZE);
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(file: StoreFile) {
    this.#file = file;
    MAGIC.copy(this.#bytes);
  }

  /** Opens the note of a directory, or makes it. Its content stays until {@link begin}. */
  static async open(directory: StoreDirectory): Promise<SyncedNote> {
    const isThere = (await directory.list()).includes(SYNCED_NOTE);
    const file = await directory.open(SYNCED_NOTE, isThere ? 'change' : 'create');
    if (!isThere) await directory.sync();
    return new SyncedNote(file);
  }

  /** Notes that a journal file is there, with nothing in it. It is on the disk when this resolves. */
  async begin(file: number): Promise<void> {
    await this.#syncing;
    this.#fill(file, 0);
    await this.#file.write(this.#bytes, 0);
    await this.#file.sync();
  }

  /**
   * Notes that so many bytes of a journal file are synced. The end of the process does not take that away any more.
   * @throws what kept it from being written, or from being synced earlier
   */
  set(file: number, length: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#fill(file, length);
    this.#file.overwrite(this.#bytes, 0);
    this.#timer ??= setTimeout(() => this.#syncLater(), LAG_MS).unref();
  }

  /** Syncs what was noted, and closes the file. */
  async close(): Promise<void> {
    const isOutOfDate = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#syncing;
      if (isOutOfDate) await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  #fill(file: number, length: number): void {
    this.#bytes.writeUInt32LE(file, FILE_AT);
    this.#bytes.writeBigUInt64LE(BigInt(length), LENGTH_AT);
    this.#bytes.writeUInt32LE(checksum(this.#bytes), CHECKSUM_AT);
  }

  #syncLater(): void {
    this.#timer = undefined;
    this.#syncing = this.#file.sync().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(0, CHECKSUM_AT));
}

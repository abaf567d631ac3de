import { writeSync } from 'node:fs';
import { constants, type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskPace } from './disk-pace.js';

/** The part of a file handle that the store uses. */
export interface StoreFile {
  /** Fills `buffer` from `position`; answers how many bytes there were. */
  read(buffer: Buffer, position: number): Promise<number>;
  /** Writes all of `data` at `position`. */
  write(data: Buffer, position: number): Promise<void>;
  /**
   * Writes a few bytes over what is there, at once: into the memory of the operating system, which keeps them when the
   * process ends. For files that are not a `log`, whose writes wait for the disk.
   */
  overwrite(data: Buffer, position: number): void;
  /** Resolves when the data is on the disk itself. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * What a file is opened for. `read` and `change` want it to exist, `create` and `log` empty one that does. In a `log`
 * what is written is on the disk itself when the write resolves.
 */
export type OpenPurpose = 'read' | 'change' | 'create' | 'log';

/** The file operations that the store uses, in one directory. Names are relative to it. */
export interface StoreDirectory {
  list(): Promise<readonly string[]>;
  open(name: string, purpose: OpenPurpose): Promise<StoreFile>;
  rename(from: string, to: string): Promise<void>;
  /** Deletes a file; one that is not there is not an error. */
  remove(name: string): Promise<void>;
  /** Resolves when created, renamed and deleted names are on the disk itself. */
  sync(): Promise<void>;
}

/** A directory of the local file system. */
export function localDirectory(path: string): StoreDirectory {
  return {
    list: () => readdir(path),
    open: async (name, purpose) => {
      const handle = await open(join(path, name), FLAGS[purpose], 0o600);
      return new LocalFile(handle, purpose);
    },
    rename: (from, to) => rename(join(path, from), join(path, to)),
    remove: (name) => removeIfThere(join(path, name)),
    sync: () => syncDirectory(path),
  };
}

// One call instead of two, and a third less CPU. macOS has the flag, but means less by it; Windows has none.
const SYNCS_BY_ITSELF = process.platform === 'linux';

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;

const FLAGS = {
  read: constants.O_RDONLY,
  change: constants.O_RDWR,
  create: CREATE,
  log: SYNCS_BY_ITSELF ? CREATE | constants.O_DSYNC : CREATE,
} as const;

/** More than this, in bytes, is always written by another thread. */
const MAX_AWAITED_SIZE = 128 * 1024;

class LocalFile implements StoreFile {
  readonly #handle: FileHandle;
  readonly #syncsWrites: boolean;
  /** Of a file whose writes are on the disk when they return. */
  readonly #pace: DiskPace | undefined;
  #writesUnderWay = 0;

  constructor(handle: FileHandle, purpose: OpenPurpose) {
    this.#handle = handle;
    this.#syncsWrites = purpose === 'log' && !SYNCS_BY_ITSELF;
    this.#pace = purpose === 'log' && SYNCS_BY_ITSELF ? new DiskPace() : undefined;
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) {
        break;
      }
      filled += bytesRead;
    }
    return filled;
  }

  async write(data: Buffer, position: number): Promise<void> {
    // One write to a file waits for the other.
    const isShort = data.length <= MAX_AWAITED_SIZE && this.#writesUnderWay === 0;
    if (isShort && this.#pace?.isWorthWaiting) return this.#writeAndWait(data, position, this.#pace);
    this.#writesUnderWay++;
    try {
      await this.#writeElsewhere(data, position);
    } finally {
      this.#writesUnderWay--;
    }
  }

  overwrite(data: Buffer, position: number): void {
    let written = 0;
    while (written < data.length) {
      written += writeSync(this.#handle.fd, data, written, data.length - written, position + written);
    }
  }

  #writeAndWait(data: Buffer, position: number, pace: DiskPace): void {
    const begun = performance.now();
    this.overwrite(data, position);
    pace.took(performance.now() - begun);
  }

  async #writeElsewhere(data: Buffer, position: number): Promise<void> {
    let written = 0;
    while (written < data.length) {
      const { bytesWritten } = await this.#handle.write(data, written, data.length - written, position + written);
      written += bytesWritten;
    }
    if (this.#syncsWrites) await this.sync();
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no way to sync a directory, and keeps names in its own journal.
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

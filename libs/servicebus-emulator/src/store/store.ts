import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { BrokerEvent, Recorder } from '../entities/events.js';
import { beginAnew } from './begin-anew.js';
import { Compactor, removeReplaced, type SnapshotSource } from './compactor.js';
import { DirectoryLock } from './directory-lock.js';
import { isDiskFull } from './errors.js';
import { takeInventory, UNFINISHED_SNAPSHOT } from './file-names.js';
import { localDirectory, type StoreDirectory } from './files.js';
import { Journal } from './journal.js';
import { recover } from './recover.js';
import { DiskReserve } from './disk-reserve.js';
import { DiskSpaceMonitor } from './disk-space-monitor.js';
import { type ResolvedStoreOptions, resolveStoreOptions, type StoreOptions } from './store-options.js';

/**
 * Opens a data directory: `openStore`, then `recover`, then `recorder` is ready for new events.
 * @throws TypeError when an option is wrong. @throws StoreLockedError when another broker has the directory
 */
export async function openStore(given: StoreOptions): Promise<Store> {
  const options = resolveStoreOptions(given);
  await makeDirectory(resolve(options.dir));
  const lock = await DirectoryLock.take(options.dir);
  if (options.fresh) await discardWithin(options.files, lock);
  return new Store(options, lock);
}

async function discardWithin(files: StoreDirectory, lock: DirectoryLock): Promise<void> {
  try {
    await beginAnew(files);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Makes a directory that a power cut does not take away again: the names of what was made are synced, too. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) {
    return;
  }
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await localDirectory(dirname(made)).sync();
  }
}

/** A namespace's memory on disk. */
export class Store {
  readonly #options: ResolvedStoreOptions;
  readonly #lock: DirectoryLock;
  readonly #files: StoreDirectory;
  readonly #log: (message: string) => void;
  #journal: Journal | undefined;
  #compactor: Compactor | undefined;
  #diskSpace: DiskSpaceMonitor | undefined;
  #background: Promise<void> = Promise.resolve();
  /** Bytes in the journal files before the current one, behind the last snapshot. */
  #earlierBytes = 0;
  #current = { file: 0, size: 0 };
  #compactAt: number;

  /** Use {@link openStore}. */
  constructor(options: ResolvedStoreOptions, lock: DirectoryLock) {
    this.#options = options;
    this.#lock = lock;
    this.#files = options.files;
    this.#log = options.log;
    this.#compactAt = options.compactAfterBytes;
  }

  /**
   * Passes everything that was recorded to `apply`, in order; to be called once, before anything is recorded.
   * @throws StoreCorruptError when a file is damaged otherwise than a crash does; then nothing was changed
   */
  async recover(apply: (event: BrokerEvent) => void): Promise<void> {
    if (this.#journal !== undefined) {
      throw new Error('A store is recovered once.');
    }
    const found = await recover({ directory: this.#files, apply, log: this.#log });
    await this.#removeLeftovers();
    this.#earlierBytes = found.journalBytes;
    this.#compactAt = Math.max(this.#options.compactAfterBytes, found.snapshotBytes);
    const space = this.#createMonitor();
    const journal: Journal = await Journal.begin(found.next, {
      directory: this.#files,
      sync: this.#options.sync,
      onWritten: (number, size) => this.#onWritten(number, size),
      onFull: async () => {
        await this.#compactor?.abort();
        await space.onFull(journal);
      },
    });
    this.#journal = journal;
    this.#diskSpace = space;
    this.#inBackground('cannot keep room for a full disk', () => space.start(journal));
  }

  /** Takes new events; ready after {@link recover}. */
  get recorder(): Recorder {
    return this.#opened();
  }

  /** Lets the store replace its journal by snapshots of what `source` has. Without it the journal only grows. */
  snapshotFrom(source: SnapshotSource): void {
    this.#compactor = new Compactor({ directory: this.#files, journal: this.#opened(), source });
  }

  /** Replaces the journal by a snapshot now. It happens by itself when the journal has grown. */
  async compact(): Promise<void> {
    if (this.#compactor === undefined) {
      throw new Error('Call snapshotFrom() first: the store does not know what to write.');
    }
    const size = await this.#compactor.run();
    this.#earlierBytes = 0;
    this.#compactAt = Math.max(this.#options.compactAfterBytes, size);
  }

  /** Writes and syncs what is left, and gives the directory free. */
  async close(): Promise<void> {
    try {
      await this.#compactor?.abort();
      await this.#diskSpace?.close();
      await this.#background;
      await this.#journal?.close();
    } finally {
      await this.#lock.release();
    }
  }

  #opened(): Journal {
    if (this.#journal === undefined) {
      throw new Error('Call recover() first: the store must read what it has before it takes more.');
    }
    return this.#journal;
  }

  #createMonitor(): DiskSpaceMonitor {
    return new DiskSpaceMonitor({
      reserve: new DiskReserve(this.#files, this.#options.reserveBytes),
      interval: this.#options.spaceCheckInterval,
      shrink: () => this.#tryToCompact(),
      log: this.#log,
    });
  }

  /** What a crash during a snapshot left. */
  async #removeLeftovers(): Promise<void> {
    await this.#files.remove(UNFINISHED_SNAPSHOT);
    const { snapshots } = takeInventory(await this.#files.list());
    await removeReplaced(this.#files, snapshots.at(-1) ?? 0);
  }

  #onWritten(file: number, size: number): void {
    if (file !== this.#current.file) {
      this.#earlierBytes += this.#current.size;
    }
    this.#current = { file, size };
    const isDue = this.#earlierBytes + size > this.#compactAt;
    if (isDue && this.#compactor?.isRunning === false && !this.#opened().full) {
      this.#inBackground('cannot write a snapshot', () => this.#tryToCompact());
    }
  }

  async #tryToCompact(): Promise<void> {
    if (this.#compactor === undefined) {
      return;
    }
    try {
      await this.compact();
    } catch (error) {
      // Not at once again: only when the journal has grown as much once more.
      this.#compactAt += this.#options.compactAfterBytes;
      const reason = isDiskFull(error) ? 'the disk is full' : String(error);
      this.#log(`the journal was not replaced by a snapshot, and goes on growing: ${reason}`);
    }
  }

  #inBackground(failure: string, work: () => Promise<void>): void {
    const done = work().catch((error: unknown) => this.#log(`${failure}: ${String(error)}`));
    this.#background = Promise.all([this.#background, done]).then(() => undefined);
  }
}

import type { SingleEvent } from '../entities/events.js';
import { journalName, snapshotName, takeInventory } from './file-names.js';
import type { StoreDirectory } from './files.js';
import type { Journal } from './journal.js';
import { writeSnapshot } from './write-snapshot.js';

/**
 * Everything the namespace holds, as events that would make it again. Called at one instant: the events must describe
 * the state of that instant, although they are asked for a few at a time while the broker goes on. So copy what may
 * change first (contents of messages do not), and make the events lazily.
 */
export type SnapshotSource = () => Iterable<SingleEvent>;

interface CompactorOptions {
  readonly directory: StoreDirectory;
  readonly journal: Journal;
  readonly source: SnapshotSource;
}

/** Replaces the journal so far by a snapshot of what is left of it. */
export class Compactor {
  readonly #options: CompactorOptions;
  #abort = new AbortController();
  #running: Promise<number> | undefined;
  #writing: Promise<number> | undefined;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Writes a snapshot and deletes the files that it replaces; joins one that is running.
   * @returns the snapshot's size in bytes
   */
  run(): Promise<number> {
    this.#running ??= this.#compact().finally(() => {
      this.#running = undefined;
      this.#writing = undefined;
    });
    return this.#running;
  }

  /**
   * Aborts a snapshot that is being written; resolves when nothing of it is left. It does not wait for the journal: the
   * journal calls this, when the disk is full.
   */
  async abort(): Promise<void> {
    this.#abort.abort(new Error('the snapshot was given up'));
    this.#abort = new AbortController();
    // The caller of `run` gets the error; here it only matters that it has ended.
    await this.#writing?.catch(() => undefined);
  }

  async #compact(): Promise<number> {
    const { directory, journal, source } = this.#options;
    const { signal } = this.#abort;
    let events: Iterable<SingleEvent> = [];
    const number = await journal.checkpoint(() => {
      events = source();
    });
    this.#writing = writeSnapshot(directory, number, events, signal);
    const size = await this.#writing;
    await removeReplaced(directory, number);
    return size;
  }
}

/** Deletes what snapshot `number` replaces. Interrupted, it is finished at the next start. */
export async function removeReplaced(directory: StoreDirectory, number: number): Promise<void> {
  const { journals, snapshots } = takeInventory(await directory.list());
  for (const older of snapshots.filter((found) => found < number)) {
    await directory.remove(snapshotName(older));
  }
  for (const older of journals.filter((found) => found < number)) {
    await directory.remove(journalName(older));
  }
  await directory.sync();
}

import { type BrokerEvent, type Recorder, StoreFullError } from '../entities/events.js';
import { Batch } from './batch.js';
import { Bursts } from './bursts.js';
import type { ByteWriter } from './byte-writer.js';
import { encodeEvent } from './encode-event.js';
import { isDiskFull, StoreFailedError } from './errors.js';
import type { StoreDirectory } from './files.js';
import { JournalFile, type JournalPlace } from './journal-file.js';
import { SYNC_INTERVAL_MS, type SyncMode } from './sync-mode.js';
import { SyncedNote } from './synced-note.js';

/** A batch that grew beyond this, with a huge message in it, is not kept for the next. */
const MAX_SPARE_SIZE = 1024 * 1024;

interface JournalOptions {
  readonly directory: StoreDirectory;
  readonly sync: SyncMode;
  /** Called after each write, with the number and the bytes of the current file. */
  readonly onWritten: (file: number, size: number) => void;
  /** Called when the disk is full; what it frees may let the write succeed after all. */
  readonly onFull: () => Promise<void>;
}

interface Checkpoint {
  readonly capture: () => void;
  readonly done: PromiseWithResolvers<number>;
}

/** Appends events to numbered files. All that is recorded while one write is under way goes into the next. */
export class Journal implements Recorder {
  readonly #options: JournalOptions;
  readonly #note: SyncedNote;
  readonly #bursts = new Bursts();
  #file: JournalFile;
  #pending = new Batch();
  /** The memory of a batch that is written, for the next. */
  #spare: ByteWriter | undefined;
  /** Records that did not fit the disk. They stay first in line: what follows builds on them. */
  #unwritten: Buffer[] = [];
  #checkpoint: Checkpoint | undefined;
  #running: Promise<void> | undefined;
  #writing: Batch | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #failure: StoreFailedError | undefined;
  /** While true, events that add to the store are refused. */
  full = false;

  private constructor(file: JournalFile, note: SyncedNote, options: JournalOptions) {
    this.#file = file;
    this.#note = note;
    this.#options = options;
  }

  /** Begins with a new file. */
  static async begin(place: JournalPlace, options: JournalOptions): Promise<Journal> {
    const { directory, sync } = options;
    const note = await SyncedNote.open(directory);
    try {
      return new Journal(await JournalFile.create({ ...place, directory, sync, note }), note, options);
    } catch (error) {
      await note.close();
      throw error;
    }
  }

  record(event: BrokerEvent): void {
    if (this.full && adds(event)) {
      throw new StoreFullError('The disk is full: free some space, or receive messages so that space becomes free.');
    }
    if (this.#failure === undefined) {
      encodeWhole(event, this.#pending.writer);
      this.#start();
    }
  }

  flushed(): Promise<void> {
    if (this.#failure !== undefined) {
      return Promise.reject(this.#failure);
    }
    if (!this.#pending.hasEvents && this.#unwritten.length === 0) {
      return this.#writing?.written() ?? Promise.resolve();
    }
    const written = this.#pending.written();
    this.#start();
    return written;
  }

  /**
   * Begins a new file. `capture` runs at the instant that divides the two: what was recorded before it is in the old
   * file, what is recorded after it in the new one.
   * @returns the number of the new file
   */
  checkpoint(capture: () => void): Promise<number> {
    if (this.#failure !== undefined) {
      return Promise.reject(this.#failure);
    }
    const done = Promise.withResolvers<number>();
    this.#checkpoint = { capture, done };
    this.#start();
    return done.promise;
  }

  /** Writes and syncs what is left. Nothing may be recorded afterwards. */
  async close(): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    try {
      await this.flushed();
      await this.#running;
      await this.#syncing;
      await this.#file.finish();
    } finally {
      clearTimeout(this.#syncTimer);
      await this.#file.close();
      await this.#note.close();
    }
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    let wasAtRest = true;
    while (this.#failure === undefined && (this.#pending.isWanted || this.#checkpoint !== undefined)) {
      // On a full disk it goes slowly: what makes room has to have its turn.
      await this.#bursts.end(this.#pending.writer, wasAtRest && !this.full);
      wasAtRest = false;
      const batch = this.#pending;
      const checkpoint = this.#checkpoint;
      this.#pending = new Batch(this.#spare);
      this.#spare = undefined;
      this.#checkpoint = undefined;
      this.#writing = batch;
      await this.#commit(batch, checkpoint);
      this.#writing = undefined;
    }
    if (this.#failure !== undefined) {
      this.#pending.reject(this.#failure);
      this.#checkpoint?.done.reject(this.#failure);
    }
    this.#running = undefined;
  }

  /** Writes one batch, and answers everyone who waits for it. Never rejects. */
  async #commit(batch: Batch, requested: Checkpoint | undefined): Promise<void> {
    const checkpoint = requested && capture(requested);
    try {
      await this.#writeOrMakeRoom(batch);
      this.#reuse(batch.writer);
      batch.resolve();
    } catch (error) {
      batch.reject(this.#describe(error));
      checkpoint?.done.reject(error);
      return;
    }
    this.#options.onWritten(this.#file.number, this.#file.size);
    await this.#beginFile(checkpoint);
  }

  #reuse(writer: ByteWriter): void {
    if (writer.capacity <= MAX_SPARE_SIZE) {
      writer.clear();
      this.#spare = writer;
    }
  }

  async #writeOrMakeRoom(batch: Batch): Promise<void> {
    const records = batch.hasEvents ? [...this.#unwritten, batch.writer.finish()] : this.#unwritten;
    this.#unwritten = records;
    try {
      await this.#write(records);
    } catch (error) {
      if (!isDiskFull(error)) {
        throw error;
      }
      await this.#options.onFull();
      await this.#write(records);
    }
    this.#unwritten = [];
  }

  async #write(records: readonly Buffer[]): Promise<void> {
    try {
      await this.#file.append(records);
    } catch (error) {
      await this.#file.cutOffUnfinished();
      throw error;
    }
    if (this.#options.sync === 'interval') {
      this.#syncTimer ??= setTimeout(() => this.#syncLater(), SYNC_INTERVAL_MS).unref();
    }
  }

  #syncLater(): void {
    this.#syncTimer = undefined;
    this.#syncing = this.#file.sync().catch((error: unknown) => {
      this.#failure ??= new StoreFailedError(error);
    });
  }

  async #beginFile(checkpoint: Checkpoint | undefined): Promise<void> {
    if (checkpoint === undefined) {
      return;
    }
    try {
      await this.#syncing;
      await this.#file.finish();
      const next = await this.#file.createNext();
      await this.#file.close();
      this.#file = next;
      checkpoint.done.resolve(next.number);
    } catch (error) {
      this.#describe(error);
      checkpoint.done.reject(error);
    }
  }

  /** The error for those who wait. Only a full disk passes; after anything else the disk's content is unknown. */
  #describe(error: unknown): Error {
    if (isDiskFull(error)) {
      return new StoreFullError('The disk is full, and what was to be stored does not fit any more.');
    }
    this.#failure ??= new StoreFailedError(error);
    return this.#failure;
  }
}

/** Appends an event, or nothing of it. */
function encodeWhole(event: BrokerEvent, writer: ByteWriter): void {
  const before = writer.length;
  try {
    encodeEvent(event, writer);
  } catch (error) {
    writer.cutTo(before);
    throw error;
  }
}

/** Runs what a checkpoint is to capture. What fails there fails the checkpoint, and nothing else. */
function capture(checkpoint: Checkpoint): Checkpoint | undefined {
  try {
    checkpoint.capture();
    return checkpoint;
  } catch (error) {
    checkpoint.done.reject(error);
    return undefined;
  }
}

/** Whether an event makes the store hold more: moving a message within the broker does not. */
function adds(event: BrokerEvent): boolean {
  const events = event.type === 'group' ? event.events : [event];
  const counted = events.map(({ type }) => {
    if (type === 'removed') {
      return -1;
    }
    return type === 'enqueued' || type === 'entity-created' || type === 'rule-added' ? 1 : 0;
  });
  return counted.reduce((sum: number, change) => sum + change, 0) > 0;
}

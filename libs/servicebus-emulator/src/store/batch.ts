import { ByteWriter } from './byte-writer.js';
import { RECORD_HEADER_SIZE } from './record.js';

/** The events that will be written with one write, and those who wait for it. */
export class Batch {
  readonly writer: ByteWriter;
  readonly #written = Promise.withResolvers<void>();
  #awaited = false;

  /** @param writer empty, with room for a record's header */
  constructor(writer = new ByteWriter(RECORD_HEADER_SIZE)) {
    this.writer = writer;
    // Without a waiter a failure is not unhandled: the next call that waits gets it.
    this.#written.promise.catch(() => undefined);
  }

  get hasEvents(): boolean {
    return this.writer.length > RECORD_HEADER_SIZE;
  }

  /** Whether there is any reason to write it. */
  get isWanted(): boolean {
    return this.hasEvents || this.#awaited;
  }

  written(): Promise<void> {
    this.#awaited = true;
    return this.#written.promise;
  }

  resolve(): void {
    this.#written.resolve();
  }

  reject(error: unknown): void {
    this.#written.reject(error);
  }
}

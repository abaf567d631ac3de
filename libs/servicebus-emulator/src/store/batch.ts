import { ByteWriter } from './byte-writer.js';
import { Deferred } from './deferred.js';
import { FRAME_HEADER_SIZE } from './frame.js';

/** The events that will be written with one write, and those who wait for it. */
export class Batch {
  readonly writer: ByteWriter;
  readonly #settled = new Deferred<void>();
  #awaited = false;

  /** @param writer empty, with room for a frame's header */
  constructor(writer = new ByteWriter(FRAME_HEADER_SIZE)) {
    this.writer = writer;
    // Nobody may be waiting: a failure is then seen by whoever waits next.
    this.#settled.promise.catch(() => undefined);
  }

  get hasEvents(): boolean {
    return this.writer.length > FRAME_HEADER_SIZE;
  }

  /** Whether there is any reason to write it. */
  get isWanted(): boolean {
    return this.hasEvents || this.#awaited;
  }

  written(): Promise<void> {
    this.#awaited = true;
    return this.#settled.promise;
  }

  resolve(): void {
    this.#settled.resolve(undefined);
  }

  reject(error: unknown): void {
    this.#settled.reject(error);
  }
}

import type { Clock } from '../clock.js';
import type { BatchResult } from './send-batch.js';

interface RelayWorkerOptions {
  readonly clock: Clock;
  /** Sends one batch. */
  readonly sendBatch: () => Promise<BatchResult>;
  /** How many rows make a full batch: there may be more behind it. */
  readonly limit: number;
  /** How long to wait after the given number of failures in a row, in milliseconds. */
  readonly pauseMs: (failures: number) => number;
  readonly onError: (error: unknown) => void;
}

/**
 * Works on its buckets with one batch in flight, which is what keeps the order of each of them. Sleeps when there is
 * nothing to send, pauses while the broker or the database is away.
 */
export class RelayWorker {
  readonly #options: RelayWorkerOptions;
  #running: Promise<void> | undefined;
  #batch: Promise<unknown> = Promise.resolve();
  #again = false;
  #stopped = false;
  #failures = 0;
  #cancelPause: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: RelayWorkerOptions) {
    this.#options = options;
  }

  /** Failures in a row of broker or database. */
  get failures(): number {
    return this.#failures;
  }

  /** There may be something to send. Ignored during a pause, which ends by itself. */
  wake(): void {
    if (this.#stopped || this.#cancelPause !== undefined) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // A wake between the last look and this line.
      if (this.#again) this.wake();
    });
  }

  /** Resolves when the batch in flight, if any, is sent and removed, or has failed. Further ones may follow. */
  async idle(): Promise<void> {
    await this.#batch;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    this.#cancelPause?.();
    this.#cancelRetry?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        const batch = this.#options.sendBatch();
        this.#batch = batch.catch(() => undefined);
        this.#afterBatch(await batch);
      } catch (error) {
        this.#options.onError(error);
        this.#pause();
      }
    }
  }

  #afterBatch(result: BatchResult): void {
    result.errors.forEach(this.#options.onError);
    if (result.outage) return this.#pause();
    this.#failures = 0;
    if (result.retryInMs !== undefined) this.#retryIn(result.retryInMs);
    if (result.read >= this.#options.limit || result.errors.length > 0) this.#again = true;
  }

  #pause(): void {
    this.#failures += 1;
    this.#again = false;
    if (this.#stopped) return;
    const { clock, pauseMs } = this.#options;
    this.#cancelPause = clock.schedule(clock.now() + pauseMs(this.#failures), () => {
      this.#cancelPause = undefined;
      this.wake();
    });
  }

  #retryIn(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelRetry?.();
    const { clock } = this.#options;
    // The database's clock decides when the key is due: look a moment later rather than a moment too early.
    this.#cancelRetry = clock.schedule(clock.now() + delayMs + 10, () => this.wake());
  }
}

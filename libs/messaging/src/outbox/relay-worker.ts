import type { Clock } from '../clock.js';
import type { TransportError } from '../transport.js';
import type { BatchResult } from './batch-result.js';

export interface RelayWorkerOptions {
  readonly clock: Clock;
  /** Sends one batch. */
  readonly sendBatch: () => Promise<BatchResult>;
  /** How long to wait after the given number of failures of the database in a row, in milliseconds. */
  readonly pauseMs: (failures: number) => number;
  /** The destination is in trouble. The worker then sleeps until it is woken. */
  readonly onOutage: (outage: TransportError) => void;
  readonly onError: (error: unknown) => void;
  /** How long a batch may wait for more at most, in milliseconds; 0 when absent. */
  readonly lingerMaxMs?: number;
}

/** A batch waits this many times as long as the one before took: it then costs no more than a third of the time. */
const LINGER_FACTOR = 2;
/**
 * The longest wait pays where at least so many commits are expected to come in it. Messages of one commit are there
 * together anyhow.
 */
const LINGER_PAYS_FROM = 6;
/** How long back the rate of commits is looked at, in ms: what comes close to another by chance is no rate yet. */
const RATE_WINDOW_MS = 250;

/**
 * Works on its buckets with one batch in flight, which is what keeps the order of each of them. Sleeps when there is
 * nothing to send, pauses while the database is away. Sends at once when it was idle; soon after a batch it waits for more
 * to send with the next: the longer the slower batches are, and as long as it may where several commits come in that
 * time.
 */
export class RelayWorker {
  readonly #options: RelayWorkerOptions;
  #running: Promise<void> | undefined;
  #batch: Promise<unknown> = Promise.resolve();
  #again = false;
  #stopped = false;
  #failures = 0;
  #lingersUntil = 0;
  /** Wakes since the last batch began. */
  #wakes = 0;
  /** Wakes a millisecond, of late. */
  #rate = 0;
  #lastBegun = 0;
  #cancelLinger: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: RelayWorkerOptions) {
    this.#options = options;
  }

  /** Failures in a row of the database. */
  get failures(): number {
    return this.#failures;
  }

  /** Nothing is under way, and nothing planned. */
  get isAsleep(): boolean {
    const plans = [this.#cancelLinger, this.#cancelPause, this.#cancelRetry];
    return this.#running === undefined && plans.every((plan) => plan === undefined);
  }

  /** A commit brought something to send. Ignored during a pause, which ends by itself. */
  wake(): void {
    this.#wakes += 1;
    this.look();
  }

  /** There may be something to send: begins a batch, now or after the linger. Ignored during a pause. */
  look(): void {
    if (this.#stopped || this.#cancelPause !== undefined) return;
    this.#again = true;
    if (this.#running !== undefined || this.#cancelLinger !== undefined) return;
    const { clock } = this.#options;
    const lingerMs = this.#lingersUntil - clock.elapsed();
    if (lingerMs <= 0) return this.#start();
    this.#cancelLinger = clock.schedule(clock.now() + lingerMs, () => {
      this.#cancelLinger = undefined;
      this.#start();
    });
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // A wake since the last look.
      if (this.#again) this.look();
    });
  }

  /** Resolves when the batch in flight, if any, is sent and removed, or has failed. Further ones may follow. */
  async idle(): Promise<void> {
    await this.#batch;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    this.#cancelLinger?.();
    this.#cancelPause?.();
    this.#cancelRetry?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, lingerMaxMs = 0, onError, sendBatch } = this.#options;
    while (this.#again && !this.#stopped && this.#lingersUntil <= clock.elapsed()) {
      this.#again = false;
      const begun = clock.elapsed();
      this.#noteRate(begun);
      try {
        const batch = sendBatch();
        this.#batch = batch.catch(() => undefined);
        const result = await batch;
        const ended = clock.elapsed();
        // Behind a full batch, or one that failed, there is something to do at once.
        const isDone = !result.more && result.errors.length === 0;
        if (isDone) this.#lingersUntil = ended + Math.min(lingerMaxMs, this.#lingerMs(ended - begun, lingerMaxMs));
        this.#afterBatch(result);
      } catch (error) {
        onError(error);
        this.#pause();
      }
    }
  }

  #lingerMs(tookMs: number, lingerMaxMs: number): number {
    return this.#rate * lingerMaxMs >= LINGER_PAYS_FROM ? lingerMaxMs : LINGER_FACTOR * tookMs;
  }

  #noteRate(begun: number): void {
    const sinceMs = Math.max(1, begun - this.#lastBegun);
    this.#rate += (1 - Math.exp(-sinceMs / RATE_WINDOW_MS)) * (this.#wakes / sinceMs - this.#rate);
    this.#lastBegun = begun;
    this.#wakes = 0;
  }

  #afterBatch(result: BatchResult): void {
    result.errors.forEach(this.#options.onError);
    this.#failures = 0;
    if (result.retryInMs !== undefined) this.#retryIn(result.retryInMs);
    if (result.outage !== undefined) {
      this.#again = false;
      this.#options.onOutage(result.outage);
    } else if (result.more || result.errors.length > 0) {
      this.#again = true;
    }
  }

  #pause(): void {
    this.#failures += 1;
    this.#again = false;
    if (this.#stopped) return;
    const { clock, pauseMs } = this.#options;
    this.#cancelPause = clock.schedule(clock.now() + pauseMs(this.#failures), () => {
      this.#cancelPause = undefined;
      this.look();
    });
  }

  #retryIn(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelRetry?.();
    const { clock } = this.#options;
    // The database's clock decides when the key is due: look a moment later rather than a moment too early.
    this.#cancelRetry = clock.schedule(clock.now() + delayMs + 10, () => {
      this.#cancelRetry = undefined;
      this.look();
    });
  }
}

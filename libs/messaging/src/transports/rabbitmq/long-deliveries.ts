import type { Clock } from '../../clock.js';
import type { RunningDelivery } from '../running-delivery.js';

/** How long a delivery that was told to end may take for it before it is given up, in milliseconds. */
const lastMs = 5_000;

/**
 * Gives up on deliveries that have been in hand for too long: the broker would close the channel for one, and deliver all
 * others of it again as well. Its signal is aborted first, so that what only waits, such as the probe of a pause, can hand
 * itself back and burns no attempt. One timer, for the oldest.
 */
export class LongDeliveries {
  readonly #longestMs: number;
  readonly #clock: Clock;
  /** The time at which each is told to end, or given up. */
  readonly #watched = new Map<RunningDelivery, number>();
  readonly #givenUp = new WeakSet<RunningDelivery>();
  #cancelTimer: (() => void) | undefined;

  constructor(longestMs: number, clock: Clock) {
    this.#longestMs = longestMs;
    this.#clock = clock;
  }

  /** Watches a delivery until the function that is returned is called. */
  watch(delivery: RunningDelivery): () => void {
    this.#watched.set(delivery, this.#clock.now() + this.#longestMs);
    this.#plan();
    return () => void this.#watched.delete(delivery);
  }

  /** Whether it did not end in time. */
  isGivenUp(delivery: RunningDelivery): boolean {
    return this.#givenUp.has(delivery);
  }

  close(): void {
    this.#watched.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #plan(): void {
    if (this.#cancelTimer !== undefined) return;
    if (this.#watched.size === 0) return;
    this.#cancelTimer = this.#clock.schedule(Math.min(...this.#watched.values()), () => this.#look());
  }

  #look(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    for (const [delivery, at] of this.#watched) {
      if (at > now) continue;
      this.#watched.delete(delivery);
      this.#end(delivery);
    }
    this.#plan();
  }

  #end(delivery: RunningDelivery): void {
    if (!delivery.aborted) {
      delivery.abort(new Error(`The message has been in hand for ${this.#longestMs} ms, the longest that it may be.`));
      this.#watched.set(delivery, this.#clock.now() + lastMs);
      return;
    }
    this.#givenUp.add(delivery);
    delivery.release();
  }
}

import type { Clock } from '../../clock.js';
import { LinkedList, type Place } from '../../linked-list.js';
import type { RunningDelivery } from '../running-delivery.js';

/** How long a delivery that was told to end may take for it before it is given up, in milliseconds. */
const lastMs = 5_000;

/** One delivery that is in hand. */
class Watched {
  readonly delivery: RunningDelivery;
  /** When it is told to end, or given up; never when that is over. */
  at: number;
  /** Whether it did not end in time. */
  isGivenUp = false;

  constructor(delivery: RunningDelivery, at: number) {
    this.delivery = delivery;
    this.at = at;
  }
}

/** How a delivery is watched. */
export type Watch = Place<Watched>;

/**
 * Gives up on deliveries that have been in hand for too long: the broker would close the channel for one, and deliver all
 * others of it again as well. Its signal is aborted first, so that what only waits, such as the probe of a pause, can hand
 * itself back and burns no attempt. One timer, for the oldest.
 */
export class LongDeliveries {
  readonly #longestMs: number;
  readonly #clock: Clock;
  readonly #watched = new LinkedList<Watched>();
  #cancelTimer: (() => void) | undefined;

  constructor(longestMs: number, clock: Clock) {
    this.#longestMs = longestMs;
    this.#clock = clock;
  }

  /** Watches a delivery that arrived `now`, until {@link end}. */
  watch(delivery: RunningDelivery, now: number): Watch {
    const watch = this.#watched.add(new Watched(delivery, now + this.#longestMs));
    this.#plan();
    return watch;
  }

  end(watch: Watch): void {
    this.#watched.remove(watch);
  }

  close(): void {
    this.#watched.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #plan(): void {
    if (this.#cancelTimer !== undefined) return;
    const next = Math.min(...[...this.#watched].map(({ at }) => at));
    if (next === Infinity) return;
    this.#cancelTimer = this.#clock.schedule(next, () => this.#look());
  }

  #look(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    for (const watched of [...this.#watched]) if (watched.at <= now) this.#end(watched);
    this.#plan();
  }

  #end(watched: Watched): void {
    const { delivery } = watched;
    if (!delivery.aborted) {
      watched.at = this.#clock.now() + lastMs;
      delivery.abort(new Error(`The message has been in hand for ${this.#longestMs} ms, the longest that it may be.`));
      return;
    }
    watched.at = Infinity;
    watched.isGivenUp = true;
    delivery.release();
  }
}

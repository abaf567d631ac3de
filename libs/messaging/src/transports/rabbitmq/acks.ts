import type { Clock } from '../../clock.js';

/** How long a finished delivery waits for older ones before it is acknowledged alone, in milliseconds. */
const longestWaitMs = 50;
/** How long finished deliveries that could be acknowledged wait for more, in milliseconds: each frame is a write. */
const gatheringMs = 5;

/** Acknowledges one delivery, or all up to it. */
export type Acknowledge = (deliveryTag: number, allUpTo: boolean) => void;

/**
 * Acknowledges the deliveries of one channel in as few frames as possible: all up to the lowest unfinished one at once, when
 * they are a quarter of what may be in hand, at the end of a turn of the event loop, and after 5 ms otherwise. What is
 * finished beyond that one is acknowledged alone after 50 ms, or as soon as it is half of what may be in hand, so that one
 * slow handler does not hold up the others.
 */
export class Acks {
  readonly #acknowledge: Acknowledge;
  readonly #clock: Clock;
  /** Finished and not acknowledged. */
  readonly #finished = new Set<number>();
  /** Acknowledged alone, and beyond `#lowest`. */
  readonly #alone = new Set<number>();
  /** Tags count from 1; this is the lowest that is not acknowledged. */
  #lowest = 1;
  #planned = false;
  #cancelGathering: (() => void) | undefined;
  #cancelWaiting: (() => void) | undefined;
  #closed = false;
  #held = false;
  /** How many deliveries may be in hand. */
  prefetch = 1;

  constructor(acknowledge: Acknowledge, clock: Clock) {
    this.#acknowledge = acknowledge;
    this.#clock = clock;
  }

  /** Acknowledges nothing until {@link resume}: the broker then delivers no more than it may already. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.flush();
  }

  /** A delivery is settled. */
  finished(deliveryTag: number): void {
    if (this.#closed) return;
    this.#finished.add(deliveryTag);
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#look();
    });
  }

  /** A delivery was settled otherwise, by itself. */
  settledAlone(deliveryTag: number): void {
    this.#alone.add(deliveryTag);
  }

  /** Acknowledges everything that is finished, now. */
  flush(): void {
    if (this.#closed || this.#held) return;
    this.#acknowledgeFront();
    this.#acknowledgeAlone();
  }

  /** The channel is gone: what is not acknowledged is delivered again. */
  close(): void {
    this.#closed = true;
    this.#cancelTimers();
  }

  /** All up to the lowest unfinished. The broker wants the last of them to be one that it does not know yet. */
  #acknowledgeFront(): void {
    if (this.#closed || this.#held) return;
    let last: number | undefined;
    for (;;) {
      if (this.#finished.delete(this.#lowest)) last = this.#lowest;
      else if (!this.#alone.delete(this.#lowest)) break;
      this.#lowest += 1;
    }
    if (last !== undefined) this.#acknowledge(last, true);
    if (this.#finished.size === 0) this.#cancelTimers();
  }

  #look(): void {
    if (this.#closed || this.#held || this.#finished.size === 0) return;
    const { size } = this.#finished;
    if (size * 4 >= this.prefetch) this.#acknowledgeFront();
    else this.#cancelGathering ??= this.#after(gatheringMs, () => this.#gathered());
    if (this.#finished.size * 2 >= this.prefetch) this.#acknowledgeAlone();
    // Until then nobody knows whether there is a slow one.
    if (this.#cancelGathering === undefined) this.#wait(longestWaitMs);
  }

  #gathered(): void {
    this.#cancelGathering = undefined;
    this.#acknowledgeFront();
    this.#wait(longestWaitMs - gatheringMs);
  }

  /** For the slow delivery that keeps others from being acknowledged. */
  #wait(ms: number): void {
    if (this.#finished.size > 0) this.#cancelWaiting ??= this.#after(ms, () => this.flush());
  }

  #acknowledgeAlone(): void {
    for (const tag of this.#finished) {
      this.#acknowledge(tag, false);
      this.#alone.add(tag);
    }
    this.#finished.clear();
    this.#cancelTimers();
  }

  #after(ms: number, action: () => void): () => void {
    return this.#clock.schedule(this.#clock.now() + ms, action);
  }

  #cancelTimers(): void {
    this.#cancelGathering?.();
    this.#cancelWaiting?.();
    this.#cancelGathering = undefined;
    this.#cancelWaiting = undefined;
  }
}

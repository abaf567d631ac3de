import { Timeline } from './entities/timeline.js';

/** At most so much at once, so that a million expired messages do not keep clients waiting. */
const DUE_PER_TURN = 1_000;
/** What setTimeout can wait for at most, in ms. */
const LONGEST_TIMEOUT = 2_147_483_647;

/**
 * The broker's time: the system's, plus what it was advanced by. It sleeps until the earliest thing on the timeline
 * is due; nothing is polled.
 */
export class Clock {
  readonly timeline = new Timeline(() => this.#plan());
  readonly #failed: (error: unknown) => void;
  #offset = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #running = false;
  #started = false;
  #closed = false;

  /** @param failed told when something that was due threw; the rest goes on */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Until then nothing happens, however late it is: first everything must be there again. */
  start(): void {
    this.#started = true;
    this.#plan();
  }

  /** Ms since 1970. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** Ms by which it was advanced in all. */
  get ahead(): number {
    return this.#offset;
  }

  /**
   * Moves the broker's time forward and lets everything happen that became due: locks and messages expire, scheduled
   * messages arrive.
   * @param ms at least 0
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`The clock only moves forward: ${ms} ms is not allowed.`);
    this.#offset += ms;
    this.#run(Infinity);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #plan(): void {
    if (this.#running || this.#closed || !this.#started) return;
    clearTimeout(this.#timer);
    const wait = this.timeline.nextAt - this.now();
    if (wait === Infinity) return;
    this.#timer = setTimeout(() => this.#run(DUE_PER_TURN), Math.min(Math.max(wait, 0), LONGEST_TIMEOUT));
    this.#timer.unref();
  }

  #run(limit: number): void {
    this.#running = true;
    try {
      this.timeline.run(this.now(), limit);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#running = false;
    }
    if (this.timeline.nextAt > this.now()) return this.#plan();
    clearImmediate(this.#immediate);
    if (!this.#closed) this.#immediate = setImmediate(() => this.#run(DUE_PER_TURN));
  }
}

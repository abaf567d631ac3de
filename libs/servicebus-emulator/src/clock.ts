import { TimerQueue } from './entities/timer-queue.js';

/** At most so much at once, so that a million expired messages do not keep clients waiting. */
const TIMERS_PER_TURN = 1_000;
/** What setTimeout can wait for at most, in ms. */
const LONGEST_TIMEOUT = 2_147_483_647;

/**
 * The broker's time: the system's, plus what it was advanced by. It sleeps until the
 * earliest timer is due; nothing is polled.
 */
export class Clock {
  readonly timers = new TimerQueue(() => this.#plan());
  readonly #failed: (error: unknown) => void;
  #offset = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When it is due, by the system's time. */
  #wakesAt = Infinity;
  #immediate: NodeJS.Immediate | undefined;
  #running = false;
  #started = false;
  #closed = false;

  /** @param failed called with the error when a timer throws; the others still fire */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Fires timers from now on. Before, none fires however late it is: first everything must be recovered. */
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
   * Moves the broker's time forward and fires the timers that became due: locks and messages expire, scheduled
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

  /** Whoever wakes too early plans again: that is less work than to move the alarm for every message that is locked. */
  #plan(): void {
    if (this.#running || this.#closed || !this.#started) return;
    const now = Date.now();
    const wakesAt = Math.min(Math.max(this.timers.nextAt - this.#offset, now), now + LONGEST_TIMEOUT);
    if (this.timers.nextAt === Infinity || this.#wakesAt <= wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = wakesAt;
    this.#timer = setTimeout(() => this.#wake(), wakesAt - now).unref();
  }

  #wake(): void {
    this.#wakesAt = Infinity;
    this.#run(TIMERS_PER_TURN);
  }

  #run(limit: number): void {
    this.#running = true;
    try {
      this.timers.run(this.now(), limit);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#running = false;
    }
    if (this.timers.nextAt > this.now()) return this.#plan();
    clearImmediate(this.#immediate);
    if (!this.#closed) this.#immediate = setImmediate(() => this.#run(TIMERS_PER_TURN));
  }
}

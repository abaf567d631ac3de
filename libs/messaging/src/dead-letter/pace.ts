import type { Clock } from '../clock.js';
import { TransportError } from '../transport-error.js';
import type { DiscardOptions, ReplayOptions } from './dead-letters.js';

/** What may go together is what a rate allows in this time, in milliseconds; one message where that is less. */
const stepMs = 20;

/**
 * When letters may be sent: a few at a time, evenly, so that whatever else comes into their queue waits for a few at most.
 * Without a rate all at once.
 */
export class Pace {
  /** Whether there is a rate: something else is to get its turn in between. */
  readonly isLimited: boolean;
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #signal: AbortSignal | undefined;
  /** When the next step may be, on the clock's `elapsed`. */
  #dueAt: number;

  /** @throws TransportError `InvalidOptions` for a rate that is not above 0 */
  constructor(options: ReplayOptions | DiscardOptions, clock: Clock) {
    const rate = ('rate' in options ? options.rate : undefined) ?? Infinity;
    if (!(rate > 0)) throw new TransportError('InvalidOptions', `A rate is above 0, not ${rate}.`, false);
    this.isLimited = rate < Infinity;
    this.#clock = clock;
    this.#rate = rate;
    this.#signal = options.signal;
    this.#dueAt = clock.elapsed();
  }

  /** Letters in parts, each once it may be sent; ends early once the options' signal is aborted. */
  async *steps<T>(letters: readonly T[]): AsyncGenerator<readonly T[]> {
    const size = Math.max(1, Math.round((this.#rate * stepMs) / 1_000));
    for (let next = 0; next < letters.length; next += size) {
      await this.#due();
      if (this.#signal?.aborted === true) return;
      const step = letters.slice(next, next + size);
      this.#dueAt += (step.length * 1_000) / this.#rate;
      yield step;
    }
  }

  async #due(): Promise<void> {
    const now = this.#clock.elapsed();
    // Timers are late rather than early: so much is made up for, and no more comes at once after a stall.
    this.#dueAt = Math.max(this.#dueAt, now - stepMs);
    if (this.#dueAt > now) await this.#wait(this.#dueAt - now);
  }

  /** Until the time has passed or the signal is aborted. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.schedule(this.#clock.now() + ms, done);
      this.#signal?.addEventListener('abort', done);
    });
  }
}

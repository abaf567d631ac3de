import type { Clock } from '../../clock.js';
import { wait } from '../../endpoint/wait.js';

/** The first pause, in milliseconds; doubled up to the longest that is configured. */
const firstPauseMs = 250;

/**
 * Keeps pauses between the attempts to attach one receiver, from the beginning of each to that of the next. Those of the
 * SDK do not grow (7.9.5, `retryForever` takes exponential, which is 0, for nothing), it makes none after a link that was
 * granted and detached at once, which is how a broker refuses one, and it may try in two places at a time.
 */
export class AttachPauses {
  readonly #clock: Clock;
  readonly #longestMs: number;
  #pauseMs = firstPauseMs;
  /** By the clock's elapsed time. */
  #notBefore = -Infinity;

  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
  }

  /** Resolves when the next attempt may begin, or when `signal` aborts; one at a time of those that wait. */
  async next(signal: AbortSignal): Promise<void> {
    const left = (): number => this.#notBefore - this.#clock.elapsed();
    while (left() > 0 && !signal.aborted) await wait(this.#clock, left(), signal);
    // What held for so long was no failure.
    if (left() < -this.#longestMs) this.succeeded();
    const pauseMs = Math.min(this.#pauseMs, this.#longestMs);
    // Different for each process: the broker comes back to all of them at once.
    this.#notBefore = this.#clock.elapsed() + Math.round(pauseMs * (0.5 + Math.random() / 2));
    this.#pauseMs *= 2;
  }

  /** What is lost from here on is attached again at once, and the pauses begin anew. */
  succeeded(): void {
    this.#pauseMs = firstPauseMs;
    this.#notBefore = -Infinity;
  }
}

import type { Clock } from './clock.js';

interface Planned {
  /** By `Clock.elapsed`. */
  readonly at: number;
  readonly action: () => void;
}

/**
 * Runs actions that are all due the same time after they were planned: with one timer, for the oldest, since nearly all
 * of them are taken back before. A pending action keeps the process alive as a timer of its own would.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #afterMs: number;
  /** The oldest first. */
  readonly #planned = new Set<Planned>();
  #cancelTimer: (() => void) | undefined;

  /** @param afterMs how long after it was planned an action runs, in milliseconds */
  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  /** Answers what takes it back, which has no effect once it ran. */
  plan(action: () => void): () => void {
    const planned = { at: this.#clock.elapsed() + this.#afterMs, action };
    this.#planned.add(planned);
    if (this.#cancelTimer === undefined) this.#wait(this.#afterMs);
    return () => this.#takeBack(planned);
  }

  #takeBack(planned: Planned): void {
    if (!this.#planned.delete(planned) || this.#planned.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #wait(ms: number): void {
    this.#cancelTimer = this.#clock.schedule(this.#clock.now() + ms, () => this.#runDue());
  }

  #runDue(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.elapsed();
    const due: Planned[] = [];
    for (const planned of this.#planned) {
      if (planned.at > now) {
        this.#wait(planned.at - now);
        break;
      }
      due.push(planned);
    }
    for (const planned of due) if (this.#planned.delete(planned)) planned.action();
  }
}

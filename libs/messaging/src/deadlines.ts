import type { Clock } from './clock.js';
import { LinkedList, type Place } from './linked-list.js';

interface Planned {
  /** By `Clock.elapsed`. */
  readonly at: number;
  readonly action: () => void;
}

/** An action that is planned, for {@link Deadlines.takeBack}. */
export type Deadline = Place<Planned>;

/**
 * Runs actions that are all due the same time after they were planned: with one timer, for the oldest, since nearly all
 * of them are taken back before. A pending action keeps the process alive as a timer of its own would.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #afterMs: number;
  /** The oldest first. */
  readonly #planned = new LinkedList<Planned>();
  #cancelTimer: (() => void) | undefined;

  /** @param afterMs how long after it was planned an action runs, in milliseconds */
  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  plan(action: () => void): Deadline {
    const deadline = this.#planned.add({ at: this.#clock.elapsed() + this.#afterMs, action });
    if (this.#cancelTimer === undefined) this.#wait(this.#afterMs);
    return deadline;
  }

  /** Has no effect once it ran. */
  takeBack(deadline: Deadline): void {
    if (!this.#planned.remove(deadline) || this.#planned.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #wait(ms: number): void {
    this.#cancelTimer = this.#clock.schedule(this.#clock.now() + ms, () => this.#runDue());
  }

  #runDue(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.elapsed();
    const due: Place<Planned>[] = [];
    for (const place of this.#planned.places()) {
      const { at } = place.item;
      if (at > now) {
        this.#wait(at - now);
        break;
      }
      due.push(place);
    }
    for (const place of due) if (this.#planned.remove(place)) place.item.action();
  }
}

import type { Clock } from '../clock.js';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that stands still until a test moves it. Starts at 2026-01-01T00:00:00Z by default. */
export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many actions are planned. */
  get pending(): number {
    return this.#pending.size;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  schedule(at: number, action: () => void): () => void {
    const pending = { at: Math.max(at, this.#now), order: this.#order++, action };
    this.#pending.add(pending);
    return () => {
      this.#pending.delete(pending);
    };
  }

  /**
   * Moves time on by `ms`, running what falls due in order, each at its own moment. Promises resolve in between, so that
   * work started by one action is seen by the next.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await runPromises();
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#pending.delete(next);
      this.#pass(next.at - this.#now);
      next.action();
      await runPromises();
    }
    this.#pass(end - this.#now);
  }

  /**
   * Moves time on to what is due next and runs that, when it is due until `end` (milliseconds since 1970); answers whether
   * there was anything.
   */
  async advanceToNext(end: number): Promise<boolean> {
    const next = this.#nextDue(end);
    if (next === undefined) return false;
    await this.advance(next.at - this.#now);
    return true;
  }

  /** Sets the machine's time `ms` forward or, below 0, back. No time passes by that, and nothing falls due earlier. */
  set(ms: number): void {
    this.#now += ms;
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const action of pending) this.#pending.add({ ...action, at: action.at + ms });
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }

  #nextDue(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > end) continue;
      if (first === undefined || pending.at < first.at || (pending.at === first.at && pending.order < first.order)) {
        first = pending;
      }
    }
    return first;
  }
}

/** One turn of the event loop: every promise that can resolve without input from outside has resolved after it. */
function runPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

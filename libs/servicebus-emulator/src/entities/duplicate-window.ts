import type { Timer, TimerQueue } from './timer-queue.js';

/**
 * The message ids an entity has seen within its window. Forgets them in sweeps as the window moves on, without
 * looking at those that stay.
 */
export class DuplicateWindow implements Timer {
  dueAt = 0;
  heapIndex = -1;
  /** In the order seen. A JavaScript Map keeps that order, and its first entry is always the oldest. */
  readonly #seen = new Map<string, number>();
  readonly #timers: TimerQueue;
  readonly #length: () => number;

  /** @param length the window in ms, asked each time because it may be updated */
  constructor(timers: TimerQueue, length: () => number) {
    this.#timers = timers;
    this.#length = length;
  }

  get size(): number {
    return this.#seen.size;
  }

  has(key: string, now: number): boolean {
    const at = this.#seen.get(key);
    return at !== undefined && at + this.#length() > now;
  }

  remember(key: string, at: number): void {
    this.#seen.delete(key);
    this.#seen.set(key, at);
    if (this.heapIndex < 0) this.#timers.schedule(this, at + this.#length());
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }

  fire(now: number): void {
    for (const [key, at] of this.#seen) {
      const until = at + this.#length();
      if (until > now) {
        // A sweep skips what earlier ones removed, so it must not be run for every single id.
        this.#timers.schedule(this, Math.max(until, now + this.#length() / 100));
        return;
      }
      this.#seen.delete(key);
    }
  }

  close(): void {
    this.#timers.cancel(this);
    this.#seen.clear();
  }

  entries(): IterableIterator<[key: string, at: number]> {
    return this.#seen.entries();
  }
}

import type { Timer } from '../entities/timer-queue.js';

/** Calls back at a moment of the broker's time. */
export class Alarm implements Timer {
  dueAt = 0;
  heapIndex = -1;
  readonly #ring: (now: number) => void;

  constructor(ring: (now: number) => void) {
    this.#ring = ring;
  }

  fire(now: number): void {
    this.#ring(now);
  }
}

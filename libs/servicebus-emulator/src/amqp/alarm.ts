import type { Due } from '../entities/timeline.js';

/** Calls back at a moment of the broker's time. */
export class Alarm implements Due {
  dueAt = 0;
  heapIndex = -1;
  readonly #ring: (now: number) => void;

  constructor(ring: (now: number) => void) {
    this.#ring = ring;
  }

  onDue(now: number): void {
    this.#ring(now);
  }
}

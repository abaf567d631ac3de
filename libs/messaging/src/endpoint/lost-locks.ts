import type { Clock } from '../clock.js';

/** So many locks lost within {@link windowMs} are more than bad luck. */
const bulk = 5;
const windowMs = 10_000;

interface LostLocksOptions {
  readonly clock: Clock;
  readonly onBulk: (detail: string) => void;
}

/** Notices when locks are lost in bulk: this process was frozen, or the way to the broker cannot keep up. */
export class LostLocks {
  readonly #options: LostLocksOptions;
  #lostAt: readonly number[] = [];

  constructor(options: LostLocksOptions) {
    this.#options = options;
  }

  /** A delivery in hand lost its lock. */
  lost(): void {
    const now = this.#options.clock.elapsed();
    this.#lostAt = [...this.#lostAt.filter((at) => now - at < windowMs), now];
    if (this.#lostAt.length < bulk) return;
    this.#lostAt = [];
    this.#options.onBulk(`${bulk} locks were lost within ${windowMs / 1_000} s.`);
  }
}

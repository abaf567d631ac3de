/** A write that is on the disk within this, in ms, is worth waiting for where it is. */
const FAST_MS = 2;
/** So many writes are left to another thread after a slow one, twice as many each time in a row. */
const DETOURS = { first: 8, most: 1024 } as const;

/**
 * Tells whether the event loop should wait for the disk itself. Another thread takes about as long to wake up and to be
 * heard as a fast disk takes to write, several times as long where all cores are busy, and costs more CPU than the
 * write. A slow disk would keep the event loop from everything else.
 */
export class DiskPace {
  #detours = 0;
  #nextDetours: number = DETOURS.first;

  /** Whether to wait for the next write. Asked once for each. */
  get isWorthWaiting(): boolean {
    if (this.#detours === 0) return true;
    this.#detours--;
    return false;
  }

  /** A write that was waited for took so long, in ms. */
  took(ms: number): void {
    if (ms < FAST_MS) {
      this.#nextDetours = DETOURS.first;
      return;
    }
    this.#detours = this.#nextDetours;
    this.#nextDetours = Math.min(this.#nextDetours * 2, DETOURS.most);
  }
}

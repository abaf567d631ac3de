/** Somebody with credit and nothing to receive. */
export interface Waiter {
  /** There may be something now. Called once, within the change that brought it: note it and come back later. */
  ready(): void;
}

/** Those who wait, served in the order in which they came. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  add(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Tells the one who waited longest, who thereby stops waiting. */
  wakeOne(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      waiter.ready();
      return;
    }
  }
}

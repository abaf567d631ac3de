/** Something that happens at a moment: a lock expires, a scheduled message is active, an idle entity is deleted. */
export interface Timer {
  /** Ms since 1970. Only the timer queue sets it. */
  dueAt: number;
  /** Its place in the timer queue; -1 while it is not scheduled. Only the timer queue sets it. */
  heapIndex: number;
  /** The moment has come: `now` is {@link dueAt}. The timer is no longer scheduled. */
  fire(now: number): void;
}

/** Timers by their moment: a binary heap whose members know their place, so that moving and removing one is O(log n). */
export class TimerQueue {
  readonly #heap: Timer[] = [];
  readonly #earlier: () => void;

  /** @param earlier called when the earliest moment has become earlier than it was */
  constructor(earlier: () => void = () => undefined) {
    this.#earlier = earlier;
  }

  /** The earliest moment, or Infinity. */
  get nextAt(): number {
    return this.#heap[0]?.dueAt ?? Infinity;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Schedules a timer, or moves one that is scheduled. */
  schedule(timer: Timer, at: number): void {
    const before = this.nextAt;
    timer.dueAt = at;
    if (timer.heapIndex < 0) {
      timer.heapIndex = this.#heap.length;
      this.#heap.push(timer);
    }
    this.#up(timer);
    this.#down(timer);
    if (this.nextAt < before) this.#earlier();
  }

  cancel(timer: Timer): void {
    const index = timer.heapIndex;
    if (index < 0) return;
    timer.heapIndex = -1;
    const last = this.#heap.pop() as Timer;
    if (last === timer) return;
    this.#place(last, index);
    this.#up(last);
    this.#down(last);
  }

  /**
   * Fires every timer due until `now`, in order, each at its own moment: an hour that is skipped leaves the same
   * behind as an hour that passes.
   * @param limit at most so many, so that clients get a turn
   */
  run(now: number, limit = Infinity): void {
    for (let count = 0; count < limit; count++) {
      const first = this.#heap[0];
      if (first === undefined || first.dueAt > now) return;
      this.cancel(first);
      first.fire(first.dueAt);
    }
  }

  #place(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    timer.heapIndex = index;
  }

  #up(timer: Timer): void {
    for (;;) {
      const index = timer.heapIndex;
      const parent = this.#heap[(index - 1) >> 1];
      if (index === 0 || parent === undefined || parent.dueAt <= timer.dueAt) return;
      this.#place(timer, parent.heapIndex);
      this.#place(parent, index);
    }
  }

  #down(timer: Timer): void {
    for (;;) {
      const index = timer.heapIndex;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= timer.dueAt) return;
      this.#place(timer, child.heapIndex);
      this.#place(child, index);
    }
  }
}

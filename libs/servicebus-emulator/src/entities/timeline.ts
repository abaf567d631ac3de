/** Something that happens at a moment: a lock expires, a message is due, an idle entity goes. */
export interface Due {
  /** Ms since 1970. Only the timeline sets it. */
  dueAt: number;
  /** Where the timeline keeps it; -1 while it is not on the timeline. Only the timeline sets it. */
  heapIndex: number;
  /** The moment has come: `now` is {@link dueAt}. It is no longer on the timeline. */
  onDue(now: number): void;
}

/** What is due when: a binary heap whose members know their place, so that moving and removing one is O(log n). */
export class Timeline {
  readonly #heap: Due[] = [];
  readonly #earlier: () => void;

  /** @param earlier called when the earliest moment has become earlier: whoever waits for it waits too long now */
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

  /** Puts `due` on the timeline, or moves it there. */
  schedule(due: Due, at: number): void {
    const before = this.nextAt;
    due.dueAt = at;
    if (due.heapIndex < 0) {
      due.heapIndex = this.#heap.length;
      this.#heap.push(due);
    }
    this.#up(due);
    this.#down(due);
    if (this.nextAt < before) this.#earlier();
  }

  cancel(due: Due): void {
    const index = due.heapIndex;
    if (index < 0) return;
    due.heapIndex = -1;
    const last = this.#heap.pop() as Due;
    if (last === due) return;
    this.#place(last, index);
    this.#up(last);
    this.#down(last);
  }

  /**
   * Lets everything due until `now` happen, in order, each at its own moment: an hour that is skipped leaves the same
   * behind as an hour that passes.
   * @param limit at most so many, so that others get a turn
   */
  run(now: number, limit = Infinity): void {
    for (let count = 0; count < limit; count++) {
      const first = this.#heap[0];
      if (first === undefined || first.dueAt > now) return;
      this.cancel(first);
      first.onDue(first.dueAt);
    }
  }

  #place(due: Due, index: number): void {
    this.#heap[index] = due;
    due.heapIndex = index;
  }

  #up(due: Due): void {
    for (;;) {
      const index = due.heapIndex;
      const parent = this.#heap[(index - 1) >> 1];
      if (index === 0 || parent === undefined || parent.dueAt <= due.dueAt) return;
      this.#place(due, parent.heapIndex);
      this.#place(parent, index);
    }
  }

  #down(due: Due): void {
    for (;;) {
      const index = due.heapIndex;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= due.dueAt) return;
      this.#place(due, child.heapIndex);
      this.#place(child, index);
    }
  }
}

/** How many share what is done at most. */
const MOST_TOGETHER = 64;
/** How long a group in flight holds up the next one, in ms: a slow one delays only its own. */
const HOLDS_UP_MS = 250;

export interface ReadyTogetherOptions<Item> {
  /**
   * Does something for all of a group at once. Must not reject. What it resolves with tells the members how it ended, and
   * is called once the next group has left.
   */
  readonly together: (group: readonly Item[]) => Promise<() => void>;
  /**
   * Items with the same key are never in one group, nor in two that are in flight, and keep their order; each has a key of
   * its own when absent.
   */
  readonly keyOf?: (item: Item) => unknown;
  /** How many groups may be in flight, 1 or more; 1 when absent. */
  readonly mostInFlight?: number;
}

/**
 * Puts into one group what is ready at the same time, without ever waiting for more to come: one group is in flight, and
 * what becomes ready meanwhile is the next. 64 at most. Where nothing is in flight, a group is what the same turn of the
 * event loop made ready. A group hears how it ended after the next one has left. One that takes longer than 250 ms holds up
 * the others no longer.
 *
 * Where more than one may be in flight, another one leaves as soon as it is as large as each of those: few gain little from
 * being more, and half of them would wait twice as long.
 */
export class ReadyTogether<Item> {
  readonly #options: ReadyTogetherOptions<Item>;
  #waiting: Item[] = [];
  #isPlanned = false;
  /** Groups that hold up others, by their keys. */
  readonly #inFlight = new Set<ReadonlyMap<unknown, Item>>();

  constructor(options: ReadyTogetherOptions<Item>) {
    this.#options = options;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#plan();
  }

  /** Whether the item was still waiting, and is no more. */
  remove(item: Item): boolean {
    const place = this.#waiting.indexOf(item);
    if (place === -1) return false;
    this.#waiting.splice(place, 1);
    return true;
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.length === 0 || !this.#mayLeave()) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#next();
    });
  }

  #mayLeave(): boolean {
    if (this.#inFlight.size === 0) return true;
    const { mostInFlight = 1 } = this.#options;
    const isLarge = [...this.#inFlight].every(({ size }) => this.#waiting.length >= size);
    return this.#inFlight.size < mostInFlight && isLarge;
  }

  /** Starts the next group. Answers whether there is one. */
  #next(): boolean {
    if (!this.#mayLeave()) return false;
    const group = this.#take();
    if (group.size === 0) return false;
    const free = (): boolean => this.#inFlight.delete(group) && this.#next();
    this.#inFlight.add(group);
    const timer = setTimeout(free, HOLDS_UP_MS);
    void this.#options.together([...group.values()]).then((notify) => {
      clearTimeout(timer);
      // What its members do next would stand between the next group and its first write.
      if (free()) setImmediate(notify);
      else notify();
    });
    return true;
  }

  /** The oldest ones that wait, one a key. */
  #take(): ReadonlyMap<unknown, Item> {
    const { keyOf = (item: Item) => item } = this.#options;
    const taken = new Map<unknown, Item>();
    const left: Item[] = [];
    const isInFlight = (key: unknown): boolean => [...this.#inFlight].some((group) => group.has(key));
    for (const item of this.#waiting) {
      const key = keyOf(item);
      if (taken.size < MOST_TOGETHER && !taken.has(key) && !isInFlight(key)) taken.set(key, item);
      else left.push(item);
    }
    this.#waiting = left;
    return taken;
  }
}

import { Anticipation } from './anticipation.js';

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
  /** Items with the same key are never in one group, and keep their order; each has a key of its own when absent. */
  readonly keyOf?: (item: Item) => unknown;
  /**
   * Whether who has been told is likely to come with the next item at once: while they are few, 2 to 4, the next group waits
   * for them, 2 ms at most and not while that is in vain. False when absent.
   */
  readonly comeAgain?: boolean;
}

/**
 * Puts into one group what is ready at the same time, without waiting for more to come: one group is in flight, and what
 * becomes ready meanwhile is the next. 64 at most. Where nothing is in flight, a group is what the same turn of the event loop
 * made ready. A group hears how it ended after the next one has left. One that takes longer than 250 ms holds up the others
 * no longer. Only those who {@link ReadyTogetherOptions.comeAgain | come again} are waited for.
 */
export class ReadyTogether<Item> {
  readonly #options: ReadyTogetherOptions<Item>;
  #waiting: Item[] = [];
  #isPlanned = false;
  /** The group that holds up the next one. */
  #inFlight: readonly Item[] | undefined;
  readonly #anticipation: Anticipation | undefined;

  constructor(options: ReadyTogetherOptions<Item>) {
    this.#options = options;
    if (options.comeAgain) this.#anticipation = new Anticipation(() => this.#plan());
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
    return this.#inFlight === undefined && !this.#anticipation?.holdsBack(this.#waiting.length);
  }

  /** Starts the next group. Answers whether there is one. */
  #next(): boolean {
    if (!this.#mayLeave()) return false;
    const group = this.#take();
    if (group.length === 0) return false;
    this.#inFlight = group;
    const timer = setTimeout(() => this.#free(group), HOLDS_UP_MS);
    void this.#options.together(group).then((notify) => {
      clearTimeout(timer);
      if (this.#inFlight === group) this.#anticipation?.answered(group.length, this.#waiting.length);
      // What its members do next would stand between the next group and its first write.
      if (this.#free(group)) setImmediate(notify);
      else notify();
    });
    return true;
  }

  /** It holds up nobody any longer. Answers whether the next one leaves. */
  #free(group: readonly Item[]): boolean {
    if (this.#inFlight !== group) return false;
    this.#inFlight = undefined;
    return this.#next();
  }

  /** The oldest ones that wait, one a key. */
  #take(): readonly Item[] {
    const { keyOf = (item: Item) => item } = this.#options;
    const taken = new Map<unknown, Item>();
    const left: Item[] = [];
    for (const item of this.#waiting) {
      const key = keyOf(item);
      if (taken.size < MOST_TOGETHER && !taken.has(key)) taken.set(key, item);
      else left.push(item);
    }
    this.#waiting = left;
    return [...taken.values()];
  }
}

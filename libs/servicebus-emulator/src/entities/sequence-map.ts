const PAGE_SIZE = 64;

interface Page<T> {
  number: number;
  readonly slots: (T | undefined)[];
  count: number;
  /** There is nothing in the slots before this one. */
  from: number;
}

/**
 * A map ordered by sequence number, made for numbers that are added at the end and removed near the front: pages of 64
 * slots in a sorted list. Finding the first is O(1), anything else O(log pages); nothing depends on how much is in it.
 * A page that is emptied goes; the last one stays for what comes next, so that a map with one value at a time makes none.
 */
export class SequenceMap<T> {
  readonly #pages: Page<T>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    return this.#pages[this.#find(pageOf(key))]?.slots[key % PAGE_SIZE];
  }

  set(key: number, value: T): void {
    const number = pageOf(key);
    const index = this.#lowerBound(number);
    let page = this.#pages[index];
    const slot = key % PAGE_SIZE;
    if (page?.number !== number) page = this.#addPage(number, index);
    if (page.slots[slot] === undefined) {
      page.count++;
      this.#size++;
    }
    page.slots[slot] = value;
    page.from = Math.min(page.from, slot);
  }

  delete(key: number): boolean {
    const index = this.#find(pageOf(key));
    const page = this.#pages[index];
    if (page?.slots[key % PAGE_SIZE] === undefined) return false;
    page.slots[key % PAGE_SIZE] = undefined;
    page.count--;
    this.#size--;
    if (page.count === 0 && this.#pages.length > 1) this.#pages.splice(index, 1);
    return true;
  }

  /** The value with the smallest key. */
  first(): T | undefined {
    const page = this.#pages[0];
    if (!page || this.#size === 0) return undefined;
    while (page.slots[page.from] === undefined) page.from++;
    return page.slots[page.from];
  }

  /** The values whose key is at least `key`, in order. The map must not change meanwhile. */
  *from(key: number): Generator<T, void, undefined> {
    for (let index = this.#lowerBound(pageOf(key)); index < this.#pages.length; index++) {
      const page = this.#pages[index] as Page<T>;
      for (let slot = page.number === pageOf(key) ? key % PAGE_SIZE : 0; slot < page.slots.length; slot++) {
        const value = page.slots[slot];
        if (value !== undefined) yield value;
      }
    }
  }

  /** @param index where it belongs */
  #addPage(number: number, index: number): Page<T> {
    if (this.#size === 0 && this.#pages[0]) {
      const spare = this.#pages[0];
      spare.number = number;
      spare.from = PAGE_SIZE - 1;
      return spare;
    }
    const slots = new Array<T | undefined>(PAGE_SIZE).fill(undefined);
    const page = { number, slots, count: 0, from: PAGE_SIZE - 1 };
    this.#pages.splice(index, 0, page);
    return page;
  }

  #find(number: number): number {
    const index = this.#lowerBound(number);
    return this.#pages[index]?.number === number ? index : -1;
  }

  /** The index of the first page at or after `number`. The ends are tried first: nearly all calls concern them. */
  #lowerBound(number: number): number {
    const pages = this.#pages;
    const last = pages.at(-1);
    if (last === undefined || last.number < number) return pages.length;
    if (last.number === number) return pages.length - 1;
    if ((pages[0] as Page<T>).number >= number) return 0;
    let low = 0;
    let high = pages.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pages[middle] as Page<T>).number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function pageOf(key: number): number {
  return Math.floor(key / PAGE_SIZE);
}

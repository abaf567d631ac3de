import { isDeepStrictEqual } from 'node:util';

/** Remembers items by their keys, and tells which ones differ from the time before. */
export class Changes<Item extends object> {
  readonly #keyOf: (item: Item) => string;
  readonly #compared: (item: Item) => object;
  #before: ReadonlyMap<string, object> | undefined;

  /** @param compared what of an item makes a difference; all of it by default */
  constructor(keyOf: (item: Item) => string, compared: (item: Item) => object = (item) => item) {
    this.#keyOf = keyOf;
    this.#compared = compared;
  }

  /** The items that are new or differ, in their order; none the first time. */
  next(items: readonly Item[]): readonly Item[] {
    const before = this.#before;
    const now = new Map(items.map((item) => [this.#keyOf(item), this.#compared(item)]));
    this.#before = now;
    if (!before) return [];
    return items.filter((item) => {
      const key = this.#keyOf(item);
      return !isDeepStrictEqual(before.get(key), now.get(key));
    });
  }
}

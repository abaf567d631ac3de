/** An item's place in a list, for {@link LinkedList.remove}. It has no neighbours once the item was taken out. */
class Place<T> {
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
  readonly item: T;

  constructor(item: T) {
    this.item = item;
  }
}

export type { Place };

/**
 * Items in the order in which they came, for what comes and goes with every message. A set that gets its one item and
 * loses it again is given a new table each time, and an outgrown one keeps those after it alive.
 */
export class LinkedList<T> implements Iterable<T> {
  readonly #ends: Place<T>;
  #size = 0;

  constructor() {
    const ends = new Place<T>(undefined as T);
    ends.previous = ends;
    ends.next = ends;
    this.#ends = ends;
  }

  get size(): number {
    return this.#size;
  }

  /** The item that has been here longest. */
  get first(): T | undefined {
    return this.#ends.next?.item;
  }

  /** Adds an item at the end. */
  add(item: T): Place<T> {
    const place = new Place(item);
    const ends = this.#ends;
    const last = ends.previous as Place<T>;
    place.previous = last;
    place.next = ends;
    last.next = place;
    ends.previous = place;
    this.#size++;
    return place;
  }

  /** Takes an item out, once. @param place one of this list */
  remove(place: Place<T>): void {
    const { previous, next } = place;
    if (!previous || !next) return;
    previous.next = next;
    next.previous = previous;
    place.previous = undefined;
    place.next = undefined;
    this.#size--;
  }

  /** Nothing may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<T, void> {
    const ends = this.#ends;
    for (let place = ends.next as Place<T>; place !== ends; place = place.next as Place<T>) yield place.item;
  }
}

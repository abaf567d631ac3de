/** An item's place in a list, for {@link LinkedList.remove}. Has no neighbours once it was taken out. */
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
 * Items that come and go all the time, in the order in which they came: for what a `Set` or a `Map` would hold, where each
 * message passes. V8 lets an outgrown table of those point to the one after it, for the sake of iterators
 * (`NextTable` in its `src/objects/ordered-hash-table.h`): from the first full collection on, a dead table keeps all
 * later ones alive with what was in them, and each minor collection copies what passed since the last full one. Here
 * nothing that was taken out points to anything that stays.
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

  /** Adds an item at the end. */
  add(item: T): Place<T> {
    const place = new Place(item);
    const ends = this.#ends;
    const last = ends.previous as Place<T>;
    place.previous = last;
    place.next = ends;
    last.next = place;
    ends.previous = place;
    this.#size += 1;
    return place;
  }

  /** False when it was taken out before. The place has to be one of this list. */
  remove(place: Place<T>): boolean {
    const { previous, next } = place;
    if (previous === undefined || next === undefined) return false;
    previous.next = next;
    next.previous = previous;
    place.previous = undefined;
    place.next = undefined;
    this.#size -= 1;
    return true;
  }

  clear(): void {
    for (const place of [...this.places()]) this.remove(place);
  }

  /** Nothing may be taken out meanwhile: who does walks over a copy. */
  *[Symbol.iterator](): Generator<T, void> {
    for (const { item } of this.places()) yield item;
  }

  /** The same with the places of the items. */
  *places(): Generator<Place<T>, void> {
    const ends = this.#ends;
    for (let place = ends.next as Place<T>; place !== ends; place = place.next as Place<T>) yield place;
  }
}

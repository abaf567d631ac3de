import { distance, isWithin } from '../serial.js';

/** Slots at first, and at most: the number of ids in a row that are looked up without a hash. Powers of two. */
const SLOTS = { first: 16, most: 1024 } as const;

/**
 * Deliveries of one session and direction that have not been settled, by their ids. Ids are serial, so each has its slot
 * in a ring; one that is still unsettled when the ring comes round moves to a map, and costs no more than itself. In a map
 * alone each delivery that comes and goes by itself would cost a new table.
 */
export class Unsettled<T> {
  #ids = new Uint32Array(0);
  #slots: (T | undefined)[] = [];
  readonly #overtaken = new Map<number, T>();
  #inSlots = 0;

  get size(): number {
    return this.#inSlots + this.#overtaken.size;
  }

  add(id: number, delivery: T): void {
    const slot = this.#freeSlot(id);
    this.#ids[slot] = id;
    this.#slots[slot] = delivery;
    this.#inSlots++;
  }

  get(id: number): T | undefined {
    const slot = this.#slotOf(id);
    if (slot >= 0) return this.#slots[slot];
    return this.#overtaken.size > 0 ? this.#overtaken.get(id) : undefined;
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    const slot = this.#slotOf(id);
    if (slot < 0) return this.#overtaken.size > 0 && this.#overtaken.delete(id);
    this.#slots[slot] = undefined;
    this.#inSlots--;
    return true;
  }

  /** The ids from `first` to `last`, in their order: work is linear in what there is, never in what the range claims. */
  within(first: number, last: number): readonly number[] {
    const span = distance(first, last);
    if (span > this.size) {
      const found = this.#all().filter((id) => isWithin(id, first, last));
      return found.sort((a, b) => distance(b, a));
    }
    const found: number[] = [];
    for (let i = 0; i <= span; i++) {
      const id = (first + i) >>> 0;
      if (this.get(id) !== undefined) found.push(id);
    }
    return found;
  }

  /** Drops those that match. */
  drop(matches: (delivery: T) => boolean): void {
    for (const id of this.#all()) if (matches(this.get(id) as T)) this.delete(id);
  }

  #all(): number[] {
    return [...this.#ids.filter((_, slot) => this.#slots[slot] !== undefined), ...this.#overtaken.keys()];
  }

  /** @returns -1 when it is in none */
  #slotOf(id: number): number {
    const slot = id & (this.#slots.length - 1);
    return this.#slots[slot] !== undefined && this.#ids[slot] === id ? slot : -1;
  }

  /** The slot of an id that is not there. Who is in it gets out of the way. */
  #freeSlot(id: number): number {
    while (this.#slots.length < SLOTS.most && !this.#isFree(id)) this.#grow();
    const slot = id & (this.#slots.length - 1);
    const older = this.#slots[slot];
    if (older === undefined) return slot;
    this.#overtaken.set(this.#ids[slot] as number, older);
    this.#inSlots--;
    return slot;
  }

  #isFree(id: number): boolean {
    return this.#slots.length > 0 && this.#slots[id & (this.#slots.length - 1)] === undefined;
  }

  #grow(): void {
    const length = Math.max(SLOTS.first, this.#slots.length * 2);
    const ids = new Uint32Array(length);
    const slots = new Array<T | undefined>(length).fill(undefined);
    for (const [from, delivery] of this.#slots.entries()) {
      if (delivery === undefined) continue;
      const id = this.#ids[from] as number;
      ids[id & (length - 1)] = id;
      slots[id & (length - 1)] = delivery;
    }
    this.#ids = ids;
    this.#slots = slots;
  }
}

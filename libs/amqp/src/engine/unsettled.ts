import { distance, isWithin } from '../serial.js';

/** Deliveries of one session and direction that have not been settled, by their ids. */
export class Unsettled<T> {
  readonly #deliveries = new Map<number, T>();

  get size(): number {
    return this.#deliveries.size;
  }

  add(id: number, delivery: T): void {
    this.#deliveries.set(id, delivery);
  }

  get(id: number): T | undefined {
    return this.#deliveries.get(id);
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    return this.#deliveries.delete(id);
  }

  /** Those from `first` to `last`, in their order: work is linear in what there is, never in what the range claims. */
  within(first: number, last: number): readonly (readonly [number, T])[] {
    if (first === last) {
      const delivery = this.#deliveries.get(first);
      return delivery === undefined ? [] : [[first, delivery]];
    }
    if (distance(first, last) > this.#deliveries.size) {
      return [...this.#deliveries].filter(([id]) => isWithin(id, first, last));
    }
    const found: (readonly [number, T])[] = [];
    for (let i = 0; i <= distance(first, last); i++) {
      const id = (first + i) >>> 0;
      const delivery = this.#deliveries.get(id);
      if (delivery !== undefined) found.push([id, delivery]);
    }
    return found;
  }

  /** Drops those that match. */
  drop(matches: (delivery: T) => boolean): void {
    for (const [id, delivery] of this.#deliveries) if (matches(delivery)) this.#deliveries.delete(id);
  }
}

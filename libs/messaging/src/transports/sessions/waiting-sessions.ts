/**
 * The sessions of a subscription that are held only to wait until their message is tried again. They take the places of
 * others: half of the places at most.
 */
export class WaitingSessions {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** True when another one may wait among `limit` places: it does until {@link end}. */
  begin(limit: number): boolean {
    if (this.#count >= Math.floor(limit / 2)) return false;
    this.#count += 1;
    return true;
  }

  end(): void {
    this.#count -= 1;
  }
}

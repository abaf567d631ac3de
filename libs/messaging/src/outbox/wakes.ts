import type { Destination } from '../transport.js';

/** Hears that messages were committed, and for which destinations where that is known. */
export type OnWake = (destinations?: readonly Destination[]) => void;

/** Tells the relays of this process that messages were committed. */
export class Wakes {
  readonly #listeners = new Set<OnWake>();

  /** Costs nothing when the relay is awake already. */
  readonly wake: OnWake = (destinations) => {
    for (const listener of this.#listeners) listener(destinations);
  };

  /** Calls `listener` on every {@link wake}. Returns how to stop that. */
  onWake(listener: OnWake): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

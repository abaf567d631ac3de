/** Tells the relays of this process that messages were committed. */
export class Wakes {
  readonly #listeners = new Set<() => void>();

  /** Costs nothing when the relay is awake already. */
  readonly wake = (): void => {
    for (const listener of this.#listeners) listener();
  };

  /** Calls `listener` on every {@link wake}. Returns how to stop that. */
  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

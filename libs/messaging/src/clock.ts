/** Time as a dependency, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /**
   * Milliseconds since an arbitrary moment, untouched by whoever sets the machine's time: for how long something lasts.
   * Stands still while the machine sleeps.
   */
  elapsed(): number;
  /** Runs `action` once, at `at` (milliseconds since 1970) or at once when that has passed. Returns how to cancel it. */
  schedule(at: number, action: () => void): () => void;
}

/** Time as a dependency, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Runs `action` once, at `at` (milliseconds since 1970) or at once when that has passed. Returns how to cancel it. */
  schedule(at: number, action: () => void): () => void;
}

import { explain } from './errors.js';

/** Collects what stands in the way of a start, so that all of it is said at once. */
export class Problems {
  readonly #errors: unknown[] = [];

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  add(error: unknown): void {
    // What was collected elsewhere is told apart again.
    if (error instanceof AggregateError) this.#errors.push(...error.errors);
    else this.#errors.push(error);
  }

  /** What `work` answers; undefined when it throws, which is a problem then. */
  try<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }

  /**
   * Throws a single problem as it is, and several as one error.
   * @param what what cannot start, e.g. `Queue "orders"`
   * @throws AggregateError whose message has them all, one a line
   */
  throwIfAny(what: string): void {
    if (this.#errors.length === 0) return;
    if (this.#errors.length === 1) throw this.#errors[0];
    const lines = this.#errors.map((error) => `\n* ${explain(error)}`).join('');
    throw new AggregateError(this.#errors, `${what} cannot start, for ${this.#errors.length} reasons:${lines}`);
  }
}

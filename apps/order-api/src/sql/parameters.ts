/** Collects the values of a statement that is put together from parts. */
export class Parameters {
  readonly #values: unknown[] = [];

  get values(): readonly unknown[] {
    return this.#values;
  }

  /** Returns the placeholder, `$7`. */
  add(value: unknown): string {
    return `$${this.#values.push(value)}`;
  }

  /** Returns the placeholders with commas between them. */
  addAll(values: readonly unknown[]): string {
    return values.map((value) => this.add(value)).join(', ');
  }
}

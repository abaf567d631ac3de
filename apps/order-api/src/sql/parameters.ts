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

  /** Adds a value of each row, and returns the placeholder of them all, `$7::text[]`, for `unnest`. */
  addColumn<Row>(type: string, rows: readonly Row[], valueOf: (row: Row) => unknown): string {
    return `${this.add(rows.map((row) => valueOf(row) ?? null))}::${type}[]`;
  }

  /** Returns the placeholders with commas between them. */
  addAll(values: readonly unknown[]): string {
    return values.map((value) => this.add(value)).join(', ');
  }
}

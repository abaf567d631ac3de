import type { TopologyProblem } from './topology.js';

/** Reads the fields of one object of the file, and reports every mistake with its path. */
export class ObjectReader {
  readonly path: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #problems: TopologyProblem[];
  readonly #known = new Set<string>();
  readonly #isObject: boolean;

  constructor(value: unknown, path: string, problems: TopologyProblem[]) {
    this.path = path;
    this.#problems = problems;
    this.#isObject = isObject(value);
    this.#fields = isObject(value) ? value : {};
    if (!this.#isObject) {
      problems.push({ path, message: `expected an object, not ${describe(value)}` });
    }
  }

  /** Reports a mistake in a field, or in the object as a whole for ''. */
  problem(name: string, message: string): void {
    // What is no object at all has no fields to be wrong.
    if (this.#isObject) {
      this.#problems.push({ path: this.pathOf(name), message });
    }
  }

  pathOf(name: string): string {
    return [this.path, name].filter((part) => part !== '').join('.');
  }

  /** A field that may be absent or null. */
  value(name: string): unknown {
    this.#known.add(name);
    return this.#fields[name] ?? undefined;
  }

  /** A field that may be absent, converted; `convert` answers undefined for what it does not take. */
  optional<T>(name: string, expected: string, convert: (value: unknown) => T | undefined): T | undefined {
    const value = this.value(name);
    if (value === undefined) {
      return undefined;
    }
    const converted = convert(value);
    if (converted === undefined) {
      this.problem(name, `expected ${expected}, not ${describe(value)}`);
    }
    return converted;
  }

  /** A text that must be there; '' (and a mistake) when it is not. */
  requiredText(name: string): string {
    if (this.value(name) === undefined) {
      this.problem(name, 'is missing');
      return '';
    }
    return this.text(name) ?? '';
  }

  text(name: string): string | undefined {
    return this.optional(name, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  /** An object that may be absent. */
  object(name: string): ObjectReader | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : new ObjectReader(value, this.pathOf(name), this.#problems);
  }

  /** A list of objects that may be absent. */
  objects(name: string): readonly ObjectReader[] {
    const list = this.optional(name, 'a list', (value) => (Array.isArray(value) ? (value as unknown[]) : undefined));
    return (list ?? []).map(
      (value, index) => new ObjectReader(value, `${this.pathOf(name)}[${index}]`, this.#problems),
    );
  }

  /** The names of all fields, for an object whose fields are free. */
  names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  /** Reports every field that was not read; to be called last. */
  refuseOthers(): void {
    for (const name of this.names().filter((field) => !this.#known.has(field))) {
      const similar = [...this.#known].find((known) => known.toLowerCase() === name.toLowerCase());
      this.problem(name, similar === undefined ? `is not known here; ${this.#choices()}` : `is written ${similar}`);
    }
  }

  #choices(): string {
    return `known are ${[...this.#known].join(', ')}`;
  }
}

/** A value as a mistake's message shows it. */
function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

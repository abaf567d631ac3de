import type { FilterInput, SystemProperty } from './filter-input.js';
import type { FilterValue } from './filter-value.js';
import { findUserProperty } from './sql/compile-expression.js';

/** What an action changes in its copy of a message. */
export interface MessageChanges {
  /** New values of system properties; null takes the property away. */
  readonly system: ReadonlyMap<SystemProperty, FilterValue>;
  /** New values of application properties by their exact names; undefined removes the property. */
  readonly properties: ReadonlyMap<string, FilterValue | undefined>;
}

/** A message as the statements of an action have changed it so far. */
export class MessageDraft implements FilterInput {
  readonly #original: FilterInput;
  readonly #system = new Map<SystemProperty, FilterValue>();
  readonly #changed = new Map<string, FilterValue | undefined>();
  #properties: Map<string, FilterValue> | undefined;

  constructor(original: FilterInput) {
    this.#original = original;
  }

  get properties(): ReadonlyMap<string, FilterValue> {
    return this.#properties ?? this.#original.properties;
  }

  get changes(): MessageChanges {
    return { system: this.#system, properties: this.#changed };
  }

  system(property: SystemProperty): FilterValue {
    const changed = this.#system.get(property);
    return changed === undefined ? this.#original.system(property) : changed;
  }

  setSystem(property: SystemProperty, value: FilterValue): void {
    this.#system.set(property, value);
  }

  /** Sets an application property; one whose name differs in case only is the same property. */
  setUser(name: string, value: FilterValue): void {
    const existing = findUserProperty(this.properties, name);
    const converted = typeof existing?.value === 'number' && typeof value === 'bigint' ? Number(value) : value;
    this.#writable().set(existing?.name ?? name, converted);
    this.#changed.set(existing?.name ?? name, converted);
  }

  removeUser(name: string): void {
    const existing = findUserProperty(this.properties, name);
    if (existing !== undefined) {
      this.#writable().delete(existing.name);
      this.#changed.set(existing.name, undefined);
    }
  }

  #writable(): Map<string, FilterValue> {
    this.#properties ??= new Map(this.#original.properties);
    return this.#properties;
  }
}

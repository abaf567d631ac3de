import { DecodeError } from './decode-error.js';
import { descriptorOf, type FieldType } from './field-types.js';
import { type AmqpValue, Described, Scalar } from './value.js';

/** One field in the table of a composite type. */
export interface Field<T> {
  readonly type: FieldType<T>;
  readonly mandatory: boolean;
  /** What an absent field means. */
  readonly default: T | undefined;
}

export const mandatory = <T>(type: FieldType<T>): Field<T> => ({ type, mandatory: true, default: undefined });
export const optional = <T>(type: FieldType<T>): Field<T | undefined> =>
  ({ type, mandatory: false, default: undefined }) as Field<T | undefined>;
export const withDefault = <T>(type: FieldType<T>, value: T): Field<T> => ({ type, mandatory: false, default: value });

/** Fields in the order they are on the wire. */
export type FieldTable<T> = { readonly [K in Exclude<keyof T, 'type'>]: Field<T[K]> };

/** A composite to be written: whatever may be null on the wire may be left out, at every depth. */
export type Draft<T> = T extends Scalar
  ? T
  : T extends { readonly type: string }
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined } & Pick<T, 'type'>
    : T;

/**
 * A composite type of the specification: a described list. `T` is an object with a property a field, and `type`, the
 * composite's name.
 *
 * A field that was not sent is no property of the object that was read, but reads as its default: written again it is
 * null again, which is how Azure echoes what a client said.
 */
export class Composite<T extends { readonly type: string }> implements FieldType<T> {
  readonly name: T['type'];
  /** The numeric descriptor. */
  readonly code: number;
  readonly #symbol: string;
  readonly #fields: readonly (readonly [string, Field<unknown>])[];
  readonly #defaults: Partial<T>;

  constructor(name: T['type'], code: number, fields: FieldTable<T>) {
    this.name = name;
    this.code = code;
    this.#symbol = `amqp:${name}:list`;
    this.#fields = Object.entries<Field<unknown>>(fields as Record<string, Field<unknown>>);
    const defaults = this.#fields.map(([key, field]) => [key, field.default]);
    this.#defaults = Object.fromEntries(defaults) as Partial<T>;
  }

  /** Whether a value has this type's descriptor, numeric or symbolic. */
  describes(value: AmqpValue): boolean {
    const descriptor = descriptorOf(value);
    return descriptor === this.code || descriptor === this.#symbol;
  }

  /** @returns undefined when the value is none of this type. @throws DecodeError when it is one, and wrong */
  from(value: AmqpValue): T | undefined {
    if (!this.describes(value)) return undefined;
    const list = (value as Described).value;
    if (!Array.isArray(list)) throw new DecodeError(`${this.name} must be a list.`);
    if (list.length > this.#fields.length) {
      throw new DecodeError(`${this.name} has ${this.#fields.length} fields, not ${list.length}.`);
    }
    const object = Object.assign(Object.create(this.#defaults) as Record<string, unknown>, { type: this.name });
    this.#fields.forEach(([key, field], i) => {
      const item = (list[i] ?? null) as AmqpValue;
      if (item !== null) object[key] = this.#read(key, field, item);
      else if (field.mandatory) throw new DecodeError(`${this.name}: ${kebab(key)} is missing.`);
    });
    return object as unknown as T;
  }

  /** All fields, trailing nulls included: there are clients that count on each. @throws TypeError without a mandatory one */
  to(object: T | Draft<T> | Omit<Draft<T>, 'type'>): Described {
    const values = this.#fields.map(([key, { type, mandatory }]) => {
      const value = Object.hasOwn(object, key) ? object[key as keyof typeof object] : undefined;
      if (value !== undefined) return type.to(value);
      if (mandatory) throw new TypeError(`${this.name}: ${kebab(key)} is missing.`);
      return null;
    });
    return new Described(new Scalar('ulong', BigInt(this.code)), values);
  }

  #read(key: string, { type }: Field<unknown>, item: AmqpValue): unknown {
    const value = type.from(item);
    if (value === undefined) throw new DecodeError(`${this.name}: ${kebab(key)} must be a ${type.name}.`);
    return value;
  }
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** One of several composite types, told apart by its descriptor when read and by its `type` when written. */
export function oneOf<T extends { readonly type: string }>(name: string, types: readonly unknown[]): FieldType<T> {
  const composites = types as readonly Composite<T>[];
  return {
    name,
    from: (value) => composites.find((type) => type.describes(value))?.from(value),
    to: (value) => {
      const composite = composites.find((type) => type.name === value.type);
      if (!composite) throw new TypeError(`'${value.type}' is no ${name}.`);
      return composite.to(value);
    },
  };
}

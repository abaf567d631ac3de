import { AmqpArray, type AmqpValue, Described, Scalar, type ScalarType, symbol as symbolOf } from './value.js';

/** How a field of a composite type is read and written. */
export interface FieldType<T> {
  /** For errors: "… must be a uint". */
  readonly name: string;
  /** @returns undefined when the value has another type. @throws DecodeError when it is a composite and wrong inside */
  readonly from: (value: AmqpValue) => T | undefined;
  readonly to: (value: T) => AmqpValue;
}

const scalar = <T>(name: ScalarType): FieldType<T> => ({
  name,
  from: (value) => (value instanceof Scalar && value.type === name ? (value.value as T) : undefined),
  to: (value) => new Scalar(name, value as number),
});

export const ubyte = scalar<number>('ubyte');
export const ushort = scalar<number>('ushort');
export const uint = scalar<number>('uint');
export const ulong = scalar<bigint>('ulong');

export const boolean: FieldType<boolean> = {
  name: 'boolean',
  from: (value) => (typeof value === 'boolean' ? value : undefined),
  to: (value) => value,
};

export const binary: FieldType<Buffer> = {
  name: 'binary',
  from: (value) => (Buffer.isBuffer(value) ? value : undefined),
  to: (value) => value,
};

export const string: FieldType<string> = {
  name: 'string',
  from: textOf,
  to: (value) => value,
};

export const symbol: FieldType<string> = {
  name: 'symbol',
  from: textOf,
  to: symbolOf,
};

/** One symbol, or an array of them: the specification's `multiple="true"`. */
export const symbols: FieldType<readonly string[]> = {
  name: 'symbol or an array of them',
  from: (value) => {
    if (!(value instanceof AmqpArray)) return textOf(value) === undefined ? undefined : [textOf(value) as string];
    const texts = value.items.map(textOf);
    return texts.includes(undefined) ? undefined : (texts as string[]);
  },
  to: (value) => new AmqpArray('symbol', value.map(symbolOf)),
};

/** A map whose keys are symbols. */
export type Fields = ReadonlyMap<string, AmqpValue>;

export const fields: FieldType<Fields> = {
  name: 'map with symbols as keys',
  from: (value) => {
    if (!(value instanceof Map)) return undefined;
    const entries = [...value].map(([key, item]) => [textOf(key), item] as const);
    const isSound =
      entries.every(([key]) => key !== undefined) && new Set(entries.map(([key]) => key)).size === value.size;
    return isSound ? new Map(entries as [string, AmqpValue][]) : undefined;
  },
  to: (value) => new Map([...value].map(([key, item]) => [symbolOf(key), item])),
};

export const map: FieldType<ReadonlyMap<AmqpValue, AmqpValue>> = {
  name: 'map',
  from: (value) => (value instanceof Map ? value : undefined),
  to: (value) => value,
};

/** A value of any type, descriptor and all. */
export const any: FieldType<AmqpValue> = { name: 'value', from: (value) => value, to: (value) => value };

/** A string where a symbol belongs, and the other way round, is what it says: clients mix them up. */
function textOf(value: AmqpValue): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Scalar && value.type === 'symbol' ? (value.value as string) : undefined;
}

/** The numeric or symbolic descriptor of a value; undefined for one without. */
export function descriptorOf(value: AmqpValue): number | string | undefined {
  if (!(value instanceof Described) || !(value.descriptor instanceof Scalar)) return undefined;
  const { type, value: descriptor } = value.descriptor;
  if (type === 'ulong') return Number(descriptor);
  return type === 'symbol' ? (descriptor as string) : undefined;
}

/** The AMQP types that no JavaScript type stands for alone. */
export type ScalarType =
  | 'ubyte'
  | 'ushort'
  | 'uint'
  | 'ulong'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'decimal32'
  | 'decimal64'
  | 'decimal128'
  | 'char'
  | 'timestamp'
  | 'uuid'
  | 'symbol';

/** Every AMQP type that has no descriptor. */
export type PrimitiveType = 'null' | 'boolean' | 'string' | 'binary' | 'list' | 'map' | 'array' | ScalarType;

/**
 * An AMQP value that says its type. The value is a `bigint` for ulong, long and timestamp (ms since 1970), a `string`
 * for symbol and char, the bytes for uuid and decimals, else a `number`.
 */
export class Scalar {
  readonly type: ScalarType;
  readonly value: number | bigint | string | Buffer;

  constructor(type: ScalarType, value: number | bigint | string | Buffer) {
    this.type = type;
    this.value = value;
  }
}

/** An AMQP array: items of one type, which an empty one has as well. A descriptor describes every item. */
export class AmqpArray {
  readonly element: PrimitiveType;
  readonly items: readonly AmqpValue[];
  readonly descriptor: AmqpValue | undefined;

  constructor(element: PrimitiveType, items: readonly AmqpValue[], descriptor?: AmqpValue) {
    this.element = element;
    this.items = items;
    this.descriptor = descriptor;
  }
}

/** A value with a descriptor in front of it, a ulong or a symbol. */
export class Described {
  readonly descriptor: AmqpValue;
  readonly value: AmqpValue;

  constructor(descriptor: AmqpValue, value: AmqpValue) {
    this.descriptor = descriptor;
    this.value = value;
  }
}

export type AmqpMap = ReadonlyMap<AmqpValue, AmqpValue>;

/** Any AMQP value, its type kept: `string` is a string, `Buffer` a binary, a JavaScript array a list. */
export type AmqpValue =
  | null
  | boolean
  | string
  | Buffer
  | readonly AmqpValue[]
  | AmqpMap
  | Scalar
  | AmqpArray
  | Described;

export const uint = (value: number): Scalar => new Scalar('uint', value);
/** @param value ASCII */
export const symbol = (value: string): Scalar => new Scalar('symbol', value);

/** The type of a value that has no descriptor; undefined for one that has. */
export function typeOf(value: AmqpValue): PrimitiveType | undefined {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (value instanceof Scalar) return value.type;
  if (Buffer.isBuffer(value)) return 'binary';
  if (value instanceof Map) return 'map';
  if (value instanceof AmqpArray) return 'array';
  return value instanceof Described ? undefined : 'list';
}

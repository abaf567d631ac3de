import fc from 'fast-check';
import { AmqpArray, type AmqpValue, Described, type PrimitiveType, Scalar, type ScalarType } from '../codec/value.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
const integer = (bits: number, signed: boolean) =>
  signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });
const small = fc.integer({ min: -128, max: 255 });

const SCALARS: Readonly<Record<ScalarType, fc.Arbitrary<Scalar['value']>>> = {
  ubyte: integer(8, false),
  ushort: integer(16, false),
  uint: fc.oneof(integer(32, false), integer(8, false)),
  ulong: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), integer(8, false).map(BigInt)),
  byte: integer(8, true),
  short: integer(16, true),
  int: fc.oneof(integer(32, true), small),
  long: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), small.map(BigInt)),
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  decimal32: bytes(4),
  decimal64: bytes(8),
  decimal128: bytes(16),
  char: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => /^[^\ud800-\udfff]$/u.test(text)),
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uuid: bytes(16),
  symbol: fc.string({ unit: 'binary-ascii', maxLength: 300 }),
};

/** Texts that are well-formed, short mostly and sometimes beyond 255 bytes. */
export const text = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 200, maxLength: 400 }) },
);
export const binary = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array().map((b) => Buffer.from(b)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 250, maxLength: 400 }).map((b) => Buffer.from(b)) },
);
const scalars = Object.entries(SCALARS) as [ScalarType, fc.Arbitrary<Scalar['value']>][];
const scalar = fc.oneof(...scalars.map(([type, value]) => value.map((one) => new Scalar(type, one))));
const descriptor = fc.oneof(
  SCALARS.ulong.map((code) => new Scalar('ulong', code)),
  SCALARS.symbol.map((name) => new Scalar('symbol', name)),
);

/** Any AMQP value, every type and nesting among them. */
export const amqpValue: fc.Arbitrary<AmqpValue> = fc.letrec<{
  value: AmqpValue;
  list: AmqpValue;
  map: AmqpValue;
  array: AmqpValue;
}>((tie) => {
  const items: Readonly<Record<string, fc.Arbitrary<AmqpValue>>> = {
    null: fc.constant(null),
    boolean: fc.boolean(),
    string: text,
    binary,
    list: tie('list'),
    map: tie('map'),
    array: tie('array'),
    ...Object.fromEntries(scalars.map(([type, value]) => [type, value.map((one) => new Scalar(type, one))])),
  };
  const array = fc
    .constantFrom(...(Object.keys(items) as PrimitiveType[]))
    .chain((element) =>
      fc.tuple(
        fc.constant(element),
        fc.array(items[element] as fc.Arbitrary<AmqpValue>, { maxLength: 6 }),
        fc.option(descriptor, { nil: undefined }),
      ),
    )
    .map(([element, values, described]) => new AmqpArray(element, values, described));
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constant(null), fc.boolean(), text, binary, scalar),
      tie('list'),
      tie('map'),
      tie('array'),
      fc.tuple(descriptor, tie('value')).map(([code, value]) => new Described(code, value)),
    ),
    list: fc.array(tie('value'), { maxLength: 8, depthIdentifier: 'value' }),
    map: fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 5, depthIdentifier: 'value' })
      .map((entries) => new Map(entries)),
    array: fc.oneof({ maxDepth: 3, depthIdentifier: 'array' }, fc.constant(new AmqpArray('uint', [])), array),
  };
}).value;

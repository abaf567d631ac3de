import fc from 'fast-check';

/** The parts of a JSON schema that values are made from. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly items?: ValueSchema;
}

/** Texts that have broken something somewhere. */
const nastyText = fc.constantFrom(
  '',
  ' ',
  '\0',
  'a\0b',
  '\u0001',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '\u202e',
  '𝒳🍵',
  "'; drop table orders; --",
  '../../etc/passwd',
  '%00',
  '%zz',
  '${7*7}',
  '__proto__',
  'constructor',
  'NaN',
  '-0',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '9999-12-31T23:59:59-23:59',
  '2026-02-30T00:00:00Z',
  'x'.repeat(101),
  'é'.repeat(3_000),
);

const nastyNumber = fc.constantFrom(
  0,
  -0,
  -1,
  0.1,
  1e21,
  5e-324,
  Number.MAX_VALUE,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 63),
);

export const nastyString = fc.oneof(nastyText, fc.string({ unit: 'binary' }), fc.string({ maxLength: 300 }));

const deep = fc.integer({ min: 100, max: 20_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`);

/** JSON of any shape, as text. */
export const anyJson = fc.oneof(
  fc.json(),
  deep,
  fc.oneof(nastyText, nastyNumber).map((value) => JSON.stringify(value)),
  fc.constantFrom('{"__proto__":{}}', '{"a":1,"a":2}', '1e999', '{"constructor":{"prototype":{}}}', 'null', ''),
);

/** A value as the schema wants it; now and then of the right type only. */
export function valueOf(schema: ValueSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.properties) return objectOf(schema);
  if (schema.items) return fc.array(valueOf(schema.items), { minLength: 0, maxLength: 3 });
  switch ([schema.type].flat()[0]) {
    case 'integer':
    case 'number': {
      const inside = fc.integer({
        min: Math.max(schema.minimum ?? 0, -1_000),
        max: Math.min(schema.maximum ?? 1_000, 1_000),
      });
      return fc.oneof({ weight: 4, arbitrary: inside }, nastyNumber);
    }
    case 'boolean':
      return fc.boolean();
    default:
      return fc.oneof({ weight: 4, arbitrary: textOf(schema) }, nastyString);
  }
}

function textOf({ pattern, format }: ValueSchema): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return pattern === undefined ? fc.string({ maxLength: 100 }) : fc.stringMatching(new RegExp(pattern));
}

function objectOf({ properties = {}, required = [] }: ValueSchema): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]));
  return fc.record(fields, { requiredKeys: [...required].filter((name) => name in fields) });
}

/** An object with one of its fields replaced, left out or added: nearly what was asked for. */
export function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const value = fc.oneof(nastyString, nastyNumber, fc.jsonValue(), fc.constant(undefined));
  return fc.tuple(valid, fc.nat(), nastyString, value, fc.boolean()).map(([object, index, name, replaced, added]) => {
    if (typeof object !== 'object' || object === null) return replaced;
    const keys = Object.keys(object);
    const key = added ? name : (keys[index % Math.max(1, keys.length)] ?? name);
    return { ...object, [key]: replaced };
  });
}

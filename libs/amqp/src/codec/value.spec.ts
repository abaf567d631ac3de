import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amqpValue } from '../testing/arbitrary-values.js';
import { hex } from '../testing/hex.js';
import { DecodeError } from './decode-error.js';
import { AmqpArray, type AmqpValue, Described, Scalar, symbol, uint } from './value.js';
import { ValueReader } from './value-reader.js';
import { ValueWriter } from './value-writer.js';

const decode = (bytes: Buffer): AmqpValue => new ValueReader(bytes).next();
const encode = (value: AmqpValue): Buffer => Buffer.from(new ValueWriter(1).value(value).view());

/** The table of the specification, part 1, section 1.6: every encoding of every type. */
const ENCODINGS: readonly (readonly [string, AmqpValue])[] = [
  ['40', null],
  ['41', true],
  ['42', false],
  ['56 01', true],
  ['56 00', false],
  ['50 ff', new Scalar('ubyte', 255)],
  ['60 ffff', new Scalar('ushort', 65_535)],
  ['70 ffffffff', uint(4_294_967_295)],
  ['52 ff', uint(255)],
  ['43', uint(0)],
  ['80 ffffffffffffffff', new Scalar('ulong', 2n ** 64n - 1n)],
  ['53 ff', new Scalar('ulong', 255n)],
  ['44', new Scalar('ulong', 0n)],
  ['51 80', new Scalar('byte', -128)],
  ['61 8000', new Scalar('short', -32_768)],
  ['71 80000000', new Scalar('int', -2_147_483_648)],
  ['54 ff', new Scalar('int', -1)],
  ['81 8000000000000000', new Scalar('long', -(2n ** 63n))],
  ['55 ff', new Scalar('long', -1n)],
  ['72 3fc00000', new Scalar('float', 1.5)],
  ['82 3ff8000000000000', new Scalar('double', 1.5)],
  ['74 22500001', new Scalar('decimal32', hex('22500001'))],
  ['84 2238000000000001', new Scalar('decimal64', hex('2238000000000001'))],
  ['94 22080000000000000000000000000001', new Scalar('decimal128', hex('22080000000000000000000000000001'))],
  ['73 0001f600', new Scalar('char', '😀')],
  ['83 0000014b5f2c4c00', new Scalar('timestamp', 1_423_230_913_536n)],
  ['98 000102030405060708090a0b0c0d0e0f', new Scalar('uuid', hex('000102030405060708090a0b0c0d0e0f'))],
  ['a0 02 0102', hex('0102')],
  ['b0 00000002 0102', hex('0102')],
  ['a1 02 c3a9', 'é'],
  ['b1 00000002 c3a9', 'é'],
  ['a3 02 6f6b', symbol('ok')],
  ['b3 00000002 6f6b', symbol('ok')],
  ['45', []],
  ['c0 03 02 41 40', [true, null]],
  ['d0 00000006 00000002 41 40', [true, null]],
  ['c1 05 02 a10161 41', new Map([['a', true]])],
  ['d1 00000008 00000002 a10161 41', new Map([['a', true]])],
  ['e0 04 02 50 01 02', new AmqpArray('ubyte', [new Scalar('ubyte', 1), new Scalar('ubyte', 2)])],
  ['f0 00000007 00000002 50 01 02', new AmqpArray('ubyte', [new Scalar('ubyte', 1), new Scalar('ubyte', 2)])],
  ['00 53 24 45', new Described(new Scalar('ulong', 0x24n), [])],
  ['00 a3 01 78 00 a3 01 79 41', new Described(symbol('x'), new Described(symbol('y'), true))],
];

describe('an AMQP value', () => {
  it.each(ENCODINGS)('%s is read', (bytes, value) => {
    const reader = new ValueReader(hex(`${bytes}ff`), 0, hex(bytes).length);
    expect(reader.next()).toStrictEqual(value);
    expect(reader.done).toBe(true);
  });

  it.each(ENCODINGS)('%s is passed over, and its bytes are given as they are', (bytes) => {
    expect(new ValueReader(hex(`${bytes}ff`)).raw()).toStrictEqual(hex(bytes));
  });

  it.each(ENCODINGS)('%s has no shorter encoding than the one that is written', (bytes, value) => {
    expect(encode(value).length).toBeLessThanOrEqual(hex(bytes).length);
    expect(decode(encode(value))).toStrictEqual(value);
  });

  it('keeps the descriptor of an array', () => {
    const array = new AmqpArray('ubyte', [new Scalar('ubyte', 1), new Scalar('ubyte', 2)], new Scalar('ulong', 7n));
    expect(decode(hex('e0 07 02 00 53 07 50 01 02'))).toStrictEqual(array);
    expect(encode(array)).toStrictEqual(hex('e0 07 02 00 53 07 50 01 02'));
  });

  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(amqpValue, (value) => {
        expect(decode(encode(value))).toStrictEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read and passed over up to the same byte', () => {
    fc.assert(
      fc.property(fc.array(amqpValue, { maxLength: 4 }), (values) => {
        const bytes = Buffer.concat(values.map(encode));
        const reader = new ValueReader(bytes);
        const skipper = new ValueReader(bytes);
        for (const _ of values) {
          reader.next();
          skipper.skip();
          expect(skipper.position).toBe(reader.position);
        }
        expect(reader.done).toBe(true);
      }),
    );
  });
});

describe('what is no AMQP value', () => {
  it.each([
    ['', 'no byte'],
    ['3f', 'an unknown type'],
    ['46', 'an unknown type without a width'],
    ['70 0000', 'a uint cut short'],
    ['a1 05 61', 'a string cut short'],
    ['b1 ffffffff 61', 'a string of 4 GB'],
    ['a1 01 ff', 'a string that is not UTF-8'],
    ['a3 01 e9', 'a symbol that is not ASCII'],
    ['56 02', 'a boolean that is neither'],
    ['73 0000d800', 'half a surrogate pair'],
    ['73 00110000', 'a char beyond Unicode'],
    ['c0 03 01 41 41', 'a list longer than its items'],
    ['c0 02 05 41', 'a list with more items than bytes'],
    ['c1 02 01 41', 'a map with a key alone'],
    ['d0 00000004 ffffffff', 'a list of four thousand million items'],
    ['f0 00000005 ffffffff 40', 'an array of as many nulls'],
    ['e0 02 01 00', 'an array whose descriptor is missing'],
    ['e0 03 02 40 41', 'an array longer than its items'],
  ])('%s is refused: %s', (bytes) => {
    expect(() => decode(hex(bytes))).toThrow(DecodeError);
  });

  it('does not take more than 65,535 items without bytes, all arrays together', () => {
    const nulls = 'f0 00000005 00008000 40';
    expect(() => decode(hex(`c0 0b 01 ${nulls}`))).not.toThrow();
    expect(() => decode(hex(`c0 15 02 ${nulls} ${nulls}`))).toThrow('too many array items');
  });

  it('is nested no deeper than 32', () => {
    const lists = (depth: number): AmqpValue => (depth === 0 ? null : [lists(depth - 1)]);
    expect(decode(encode(lists(32)))).toStrictEqual(lists(32));
    expect(() => decode(encode(lists(33)))).toThrow('nested more than 32 deep');
    expect(() => decode(Buffer.alloc(65_536))).toThrow('nested more than 32 deep');
    expect(() => new ValueReader(Buffer.alloc(65_536)).skip()).toThrow('nested more than 32 deep');
  });
});

describe('a value that its type cannot hold', () => {
  it.each([
    [uint(-1)],
    [uint(2 ** 32)],
    [new Scalar('ubyte', 256)],
    [new Scalar('long', 2n ** 63n)],
    [new Scalar('uuid', Buffer.alloc(15))],
    [symbol('é')],
    [new AmqpArray('symbol', [symbol('é')])],
    [new AmqpArray('uint', [true])],
  ])('%j is not written', (value) => {
    expect(() => encode(value)).toThrow(/./);
  });
});

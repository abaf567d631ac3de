import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isKnownCurrency, minorUnitDigits } from './currencies.js';
import { toMinorUnits, totalOf } from './money.js';

describe('toMinorUnits', () => {
  it.each([
    [49.99, 'EUR', 4999],
    [0.1 + 0.2, 'EUR', 30],
    [1.005, 'EUR', 100],
    [1.015, 'EUR', 102],
    [1.025, 'EUR', 102],
    [2.675, 'EUR', 268],
    [-1.005, 'EUR', -100],
    [0.5, 'JPY', 0],
    [1.5, 'JPY', 2],
    [1234.5678, 'KWD', 1234568],
    [1.00005, 'CLF', 10000],
    [1e21, 'JPY', RangeError],
    [1e-7, 'EUR', 0],
    [0, 'EUR', 0],
    [-0.001, 'EUR', 0],
    [Number.NaN, 'EUR', RangeError],
    [Number.POSITIVE_INFINITY, 'EUR', RangeError],
    [1, 'ZZZ', RangeError],
  ])('%p %s', (amount, currency, expected) => {
    if (typeof expected === 'number') expect(toMinorUnits(amount, currency)).toBe(expected);
    else expect(() => toMinorUnits(amount, currency)).toThrow(expected);
  });

  it('gives back what was written in whole minor units', () => {
    const written = fc.record({
      minor: fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
      currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'),
    });
    fc.assert(
      fc.property(written, ({ minor, currency }) => {
        const major = Number(`${minor}e-${minorUnitDigits(currency)}`);
        expect(toMinorUnits(major, currency)).toBe(minor);
      }),
    );
  });

  it('is never further off than half a minor unit, and even on a tie', () => {
    const tenths = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(tenths, (value) => {
        const minor = toMinorUnits(Number(`${value}e-3`), 'EUR');
        expect(Math.abs(minor * 10 - value)).toBeLessThanOrEqual(5);
        if (Math.abs(value % 10) === 5) expect(Math.abs(minor % 2)).toBe(0);
      }),
    );
  });

  it('is odd: a refund rounds like its charge', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (amount) => {
        expect(toMinorUnits(-amount, 'EUR') + toMinorUnits(amount, 'EUR')).toBe(0);
      }),
    );
  });
});

describe('totalOf', () => {
  const line = fc.record({ quantity: fc.integer({ min: -1000, max: 1000 }), unitPrice: fc.nat(1_000_000) });

  it('does not depend on how the lines are split', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (some, others) => {
        expect(totalOf([...some, ...others])).toBe(totalOf(some) + totalOf(others));
      }),
    );
  });

  it('refuses a sum that a number cannot hold, also where a part of it can', () => {
    const most = { quantity: 1, unitPrice: Number.MAX_SAFE_INTEGER };
    expect(totalOf([most])).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => totalOf([most, { quantity: 1, unitPrice: 1 }])).toThrow(RangeError);
    expect(totalOf([most, { quantity: 1, unitPrice: 5 }, { quantity: -1, unitPrice: 5 }])).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });
});

describe('currencies', () => {
  it('knows codes in use only, in capital letters', () => {
    expect(['EUR', 'USD', 'JPY', 'XCG'].filter(isKnownCurrency)).toHaveLength(4);
    expect(['eur', 'DEM', 'XAU', 'XXX', '', 'toString'].filter(isKnownCurrency)).toEqual([]);
  });

  it('are all real, as the ICU data of the runtime has them', () => {
    const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' });
    const codes = lettersOfThree().filter(isKnownCurrency);
    expect(codes.length).toBeGreaterThan(160);
    expect(codes.filter((code) => names.of(code) === undefined && !tooNewForIcu.has(code))).toEqual([]);
  });
});

/** Listed by ISO 4217 later than the runtime's data may be. */
const tooNewForIcu = new Set(['XCG', 'ZWG', 'XAD']);

function lettersOfThree(): string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
}

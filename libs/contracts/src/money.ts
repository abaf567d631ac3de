import { minorUnitDigits } from './currencies.js';

/** A plain or exponential decimal, as `String(number)` writes it. */
const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * An amount in major units as integer minor units, rounded half to even: 49.99 EUR is 4999, 1.005 EUR is 100.
 * Works on the shortest decimal that names the number, so that 1.005 is the tie a person reads and not the binary
 * fraction below it. Throws a RangeError for an unknown currency and for what is no safe integer of minor units.
 */
export function toMinorUnits(amount: number, currency: string): number {
  const digits = minorUnitDigits(currency);
  const match = decimal.exec(String(amount));
  if (match === null) throw new RangeError(`${amount} is not an amount of money`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const magnitude = shiftedHalfEven(whole + fraction, digits + Number(exponent) - fraction.length);
  return toSafeInteger(sign === '-' ? -magnitude : magnitude);
}

/** The sum of quantity times unit price, in minor units and exact. Throws a RangeError beyond safe integers. */
export function totalOf(lines: readonly { readonly quantity: number; readonly unitPrice: number }[]): number {
  return toSafeInteger(lines.reduce((sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPrice), 0n));
}

/** `digits` times ten to the power of `shift`, rounded half to even. */
function shiftedHalfEven(digits: string, shift: number): bigint {
  const coefficient = BigInt(digits);
  if (shift >= 0) return coefficient * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  const quotient = coefficient / divisor;
  const twiceRemainder = (coefficient % divisor) * 2n;
  const up = twiceRemainder > divisor || (twiceRemainder === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

function toSafeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new RangeError(`${value} minor units is beyond the largest amount that can be counted exactly`);
  }
  return number;
}

import { FilterError } from '../errors.js';
import { type FilterValue, Timespan } from '../filter-value.js';
import type { ArithmeticOperator, ComparisonOperator } from './ast.js';

/** True, false, or unknown (null). */
export type Truth = boolean | null;

/**
 * Compares two values as C# would: integers widen to double, strings compare ordinally and by case.
 * @returns unknown when either is null.
 * @throws FilterError when the types have no such comparison.
 */
export function compare(operator: ComparisonOperator, left: FilterValue, right: FilterValue): Truth {
  if (left === null || right === null) {
    return null;
  }
  if (typeof left === 'boolean' && typeof right === 'boolean' && (operator === '=' || operator === '<>')) {
    return (left === right) === (operator === '=');
  }
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    return compareOrdered(operator, left, right);
  }
  if (isNumber(left) && isNumber(right)) {
    return compareOrdered(operator, Number(left), Number(right));
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return compareOrdered(operator, left, right);
  }
  if (left instanceof Date && right instanceof Date) {
    return compareOrdered(operator, left.getTime(), right.getTime());
  }
  if (left instanceof Timespan && right instanceof Timespan) {
    return compareOrdered(operator, left.milliseconds, right.milliseconds);
  }
  throw inapplicable(operator, left, right);
}

/**
 * Calculates as C# would: int64 wraps around and divides to a whole number, a string plus anything
 * is a longer string, timestamps and time spans add and subtract.
 * @returns null (unknown) when either operand is null.
 * @throws FilterError when the types have no such operator, and for an integer divided by zero.
 */
export function calculate(operator: ArithmeticOperator, left: FilterValue, right: FilterValue): FilterValue {
  if (left === null || right === null) {
    return null;
  }
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    return calculateIntegers(operator, left, right);
  }
  if (isNumber(left) && isNumber(right)) {
    return calculateDoubles(operator, Number(left), Number(right));
  }
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) {
    return textOf(left) + textOf(right);
  }
  return calculateTimes(operator, left, right);
}

/** `+x` and `-x`. */
export function applySign(operator: '+' | '-', operand: FilterValue): FilterValue {
  if (operand === null) {
    return null;
  }
  if (typeof operand === 'bigint') {
    return operator === '-' ? BigInt.asIntN(64, -operand) : operand;
  }
  if (typeof operand === 'number') {
    return operator === '-' ? -operand : operand;
  }
  throw new FilterError(`the sign ${operator} does not apply to ${typeName(operand)}`);
}

/** The C# name of a value's type, for messages. */
export function typeName(value: FilterValue): string {
  if (value === null) {
    return 'null';
  }
  if (value instanceof Date) {
    return 'DateTime';
  }
  if (value instanceof Timespan) {
    return 'TimeSpan';
  }
  const names = { bigint: 'Int64', number: 'Double', boolean: 'Boolean', string: 'String' };
  return names[typeof value as keyof typeof names];
}

function isNumber(value: FilterValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function compareOrdered<T extends bigint | number | string>(operator: ComparisonOperator, left: T, right: T): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '<>':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function calculateIntegers(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  if ((operator === '/' || operator === '%') && right === 0n) {
    throw new FilterError(`${left} ${operator} 0: an integer cannot be divided by zero`);
  }
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '/':
      return BigInt.asIntN(64, left / right);
    case '%':
      return left % right;
  }
}

function calculateDoubles(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function calculateTimes(operator: ArithmeticOperator, left: FilterValue, right: FilterValue): FilterValue {
  const add = operator === '+';
  if (!add && operator !== '-') {
    throw inapplicable(operator, left, right);
  }
  if (left instanceof Date && right instanceof Date && !add) {
    return new Timespan(left.getTime() - right.getTime());
  }
  if (left instanceof Date && right instanceof Timespan) {
    return new Date(left.getTime() + (add ? right.milliseconds : -right.milliseconds));
  }
  if (left instanceof Timespan && right instanceof Timespan) {
    return new Timespan(left.milliseconds + (add ? right.milliseconds : -right.milliseconds));
  }
  throw inapplicable(operator, left, right);
}

function textOf(value: FilterValue): string {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (value instanceof Timespan) {
    return `${value.milliseconds} ms`;
  }
  return String(value);
}

function inapplicable(operator: string, left: FilterValue, right: FilterValue): FilterError {
  return new FilterError(`the operator ${operator} does not apply to ${typeName(left)} and ${typeName(right)}`);
}

import { type FilterValue, Timespan } from '../rules/index.js';
import { formatDuration, parseDuration } from './duration.js';

/** What a property of a rule may be, in words. */
export const A_TYPED_VALUE =
  'a string, a number, true, false, or { "Type": "long" | "double" | "dateTime" | "timeSpan" | "null", "Value": "…" }';

/**
 * Reads a property of a rule. JSON has fewer types than messages: a whole number is a long and another number a double;
 * what that cannot say is an object with `Type` and `Value`.
 * @returns undefined when the value is none of these
 */
export function readTypedValue(value: unknown): FilterValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'object':
      return value === null ? undefined : readTagged(value as Readonly<Record<string, unknown>>);
    default:
      return undefined;
  }
}

/** The reverse of {@link readTypedValue}. */
export function writeTypedValue(value: FilterValue): unknown {
  if (typeof value === 'bigint') {
    const short = Number(value);
    return Number.isSafeInteger(short) ? short : { Type: 'long', Value: String(value) };
  }
  if (typeof value === 'number') {
    const fits = Number.isFinite(value) && !Number.isSafeInteger(value);
    return fits ? value : { Type: 'double', Value: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value === null) {
    return { Type: 'null', Value: '' };
  }
  if (value instanceof Date) {
    return { Type: 'dateTime', Value: value.toISOString() };
  }
  if (value instanceof Timespan) {
    return { Type: 'timeSpan', Value: formatDuration(value.milliseconds) };
  }
  return value;
}

function readTagged(tagged: Readonly<Record<string, unknown>>): FilterValue | undefined {
  const { Type: type, Value: value } = tagged;
  if (typeof value !== 'string' && typeof value !== 'number') {
    return undefined;
  }
  const text = String(value);
  switch (type) {
    case 'long':
      return readLong(text);
    case 'double':
      return text.trim() === '' || (Number.isNaN(Number(text)) && text !== 'NaN') ? undefined : Number(text);
    case 'dateTime': {
      const date = new Date(text);
      return Number.isNaN(date.getTime()) ? undefined : date;
    }
    case 'timeSpan': {
      const duration = parseDuration(text);
      return duration === undefined ? undefined : new Timespan(duration);
    }
    case 'null':
      return null;
    default:
      return undefined;
  }
}

function readLong(text: string): bigint | undefined {
  const long = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  return long === undefined || long !== BigInt.asIntN(64, long) ? undefined : long;
}

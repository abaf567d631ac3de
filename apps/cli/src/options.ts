import { InvalidArgumentError } from 'commander';

/** Parses an option's value as a whole number in a range, for commander. */
export function wholeNumber(min: number, max: number): (written: string) => number {
  return (written) => {
    const value = Number(written);
    if (written.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

export const port = wholeNumber(0, 65_535);

/** Parses an option's value as a number above 0, for commander. */
export function positiveNumber(written: string): number {
  const value = Number(written);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Collects an option that may be given several times, for commander. */
export function collect(written: string, before: readonly string[] = []): readonly string[] {
  return [...before, written];
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses an option's value such as `90s`, `15m`, `2h` or `7d` as milliseconds, for commander. */
export function duration(written: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(written) ?? [];
  const unitMs = unitsMs[unit];
  if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs;
  throw new InvalidArgumentError('It must be a number with a unit: 90s, 15m, 2h or 7d.');
}

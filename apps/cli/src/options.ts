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

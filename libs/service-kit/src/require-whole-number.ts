/** @throws RangeError that names the option, for anything else than a whole number of at least `min` */
export function requireWholeNumber(option: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new RangeError(`${option} must be a whole number of at least ${min}, and is ${value}.`);
}

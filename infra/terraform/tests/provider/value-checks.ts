import { type TerraformValue, Unknown } from './dynamic-value.ts';

/** Answers what is wrong with a known value, or undefined when it is fine. */
export type ValueRule = (value: TerraformValue) => string | undefined;

export const oneOf =
  (...allowed: readonly (string | number)[]): ValueRule =>
  (value) =>
    allowed.includes(value as string) ? undefined : `is ${JSON.stringify(value)}, allowed are ${allowed.join(', ')}`;

export const between =
  (least: number, most: number): ValueRule =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most
      ? undefined
      : `is ${JSON.stringify(value)}, allowed are ${least} to ${most}`;

export const matching =
  (pattern: RegExp, says: string): ValueRule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `is ${JSON.stringify(value)}, must be ${says}`;

/** Matches, and does not match any of the others: how the provider writes the exceptions to a rule. */
export const matchingBut =
  (pattern: RegExp, exceptions: RegExp, says: string): ValueRule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) && !exceptions.test(value)
      ? undefined
      : `is ${JSON.stringify(value)}, must be ${says}`;

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Seconds of an ISO 8601 duration without years, months and weeks, or undefined when it is none. */
export function durationSeconds(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match || text.endsWith('T') || text === 'P') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

export const duration =
  (least: string, most: string): ValueRule =>
  (value) => {
    const seconds = typeof value === 'string' ? durationSeconds(value) : undefined;
    if (seconds === undefined) return `is ${JSON.stringify(value)}, must be an ISO 8601 duration such as PT1M`;
    const inRange = seconds >= (durationSeconds(least) ?? 0) && seconds <= (durationSeconds(most) ?? 0);
    return inRange ? undefined : `is ${JSON.stringify(value)}, allowed are ${least} to ${most}`;
  };

export const known = (value: TerraformValue | undefined): value is TerraformValue =>
  value !== undefined && value !== null && !(value instanceof Unknown);

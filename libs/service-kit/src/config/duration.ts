import { z } from 'zod';

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const short = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/;
const iso = /^PT(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?$/;

/** Reads `500`, `500ms`, `30s`, `5m`, `1h` or ISO 8601's `PT1M30S` as milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const plain = short.exec(text);
  if (plain) return Number(plain[1]) * milliseconds[(plain[2] ?? 'ms') as keyof typeof milliseconds];
  const parts = iso.exec(text);
  if (!parts) return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  return hours * milliseconds.h + minutes * milliseconds.m + seconds * milliseconds.s;
}

/** A variable that is a length of time within bounds, as milliseconds. */
export function duration(minMs: number, maxMs: number) {
  return z.string().transform((text, context): number => {
    const value = parseDuration(text);
    if (value !== undefined && value >= minMs && value <= maxMs) return value;
    context.addIssue({
      code: 'custom',
      message: `must be a duration from ${minMs} ms to ${maxMs} ms, for example 1500, 30s, 5m or PT1M30S`,
    });
    return z.NEVER;
  });
}

/** A variable that lists lengths of time within bounds, separated by commas, as milliseconds. */
export function durations(most: number, minMs: number, maxMs: number) {
  return z.string().transform((text, context): readonly number[] => {
    const values = text.split(',').map((part) => parseDuration(part.trim()));
    const inBounds = values.every((value) => value !== undefined && value >= minMs && value <= maxMs);
    if (inBounds && values.length <= most) return values as number[];
    context.addIssue({
      code: 'custom',
      message: `must be at most ${most} durations from ${minMs} ms to ${maxMs} ms, separated by commas`,
    });
    return z.NEVER;
  });
}

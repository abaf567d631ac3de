/** How long something took, in milliseconds, over all of it. Undefined fields: nothing was measured. */
export interface Latency {
  readonly count: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly max?: number;
}

/**
 * The value that a part of all values is at or below (nearest rank): always one that was measured, exact at any
 * number of values. `sorted` ascending and not empty, `part` above 0 and at most 1.
 */
export function percentile(sorted: readonly number[], part: number): number {
  const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('There is no percentile of nothing.');
  return value;
}

/** Sums up durations in milliseconds, given in any order. */
export function latencyOf(durations: readonly number[]): Latency {
  if (durations.length === 0) return { count: 0 };
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (part: number): number => Math.round(percentile(sorted, part) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

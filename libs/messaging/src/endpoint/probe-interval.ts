/** How long a probe waits before its next try. */
export interface ProbeIntervals {
  /** The first interval in ms. */
  readonly probeMs: number;
  /** The longest interval in ms, jitter included. */
  readonly probeMaxMs: number;
}

/** A dependency that asks to be left alone for longer is asked again all the same, in ms. */
export const longestRetryAfterMs = 600_000;

/**
 * The interval in ms before the next try: doubled with each try, jittered down by up to half so that replicas do not
 * probe together, and no shorter than what the dependency asked for, up to {@link longestRetryAfterMs}. Pure.
 * @param tries how many tries failed since the last success, 0 or more
 * @param random answers a number from 0 (inclusive) to 1 (exclusive)
 */
export function probeInterval(
  { probeMs, probeMaxMs }: ProbeIntervals,
  tries: number,
  random: () => number,
  retryAfterMs = 0,
): number {
  const fullMs = Math.min(probeMaxMs, probeMs * 2 ** tries);
  return Math.max(Math.round(fullMs * (1 - random() / 2)), Math.min(retryAfterMs, longestRetryAfterMs));
}

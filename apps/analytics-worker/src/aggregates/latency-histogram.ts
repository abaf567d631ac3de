/** Each bucket's upper bound is this much larger than the one before: percentiles are exact to within 5 %. */
const GROWTH = 1.05;
/** Bucket 0 holds everything up to this many milliseconds. */
const FIRST_BOUND_MS = 1;

export interface BucketCount {
  readonly bucket: number;
  readonly orders: number;
}

/** The bucket of a latency; a negative one, from clocks that disagree, counts as none. */
export function bucketOf(latencyMs: number): number {
  if (latencyMs <= FIRST_BOUND_MS) return 0;
  return Math.ceil(Math.log(latencyMs / FIRST_BOUND_MS) / Math.log(GROWTH));
}

/** The largest latency of a bucket, in ms. */
export function upperBoundMs(bucket: number): number {
  return FIRST_BOUND_MS * GROWTH ** bucket;
}

/**
 * The latency that the given part of all orders did not exceed, in ms; null when there are none.
 * @param part 0.5 for the median, 0.99 for the 99th percentile
 */
export function percentileMs(histogram: readonly BucketCount[], part: number): number | null {
  const total = histogram.reduce((sum, { orders }) => sum + orders, 0);
  let seen = 0;
  for (const { bucket, orders } of [...histogram].sort((a, b) => a.bucket - b.bucket)) {
    seen += orders;
    if (seen >= total * part) return Math.round(upperBoundMs(bucket));
  }
  return null;
}

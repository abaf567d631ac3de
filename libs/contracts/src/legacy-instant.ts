/** Microseconds, as version 0 has them, cut to the milliseconds that our own times have. */
export function instantInMilliseconds(instant: string): string {
  return new Date(instant).toISOString();
}

/** A request during which the other side read its clock. All in milliseconds since 1970. */
export interface Exchange {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** What the other side read, in whole milliseconds. */
  readonly serverTime: number;
}

/**
 * How far the other side's clock is ahead of ours, in milliseconds. It was read between request and answer, so each
 * exchange bounds the difference on both sides, and many quick ones narrow it down. 0 while that is possible, as it
 * is for processes on one machine; else the middle of what is possible.
 */
export function estimateClockOffset(exchanges: readonly Exchange[]): number {
  let least = -Infinity;
  let most = Infinity;
  for (const { sentAt, answeredAt, serverTime } of exchanges) {
    least = Math.max(least, serverTime - answeredAt);
    most = Math.min(most, serverTime + 1 - sentAt);
  }
  return least <= 0 && most >= 0 ? 0 : (least + most) / 2;
}

/** How long before a token's end its client is replaced, in milliseconds: before the SDK renews it, at 2 minutes. */
const marginMs = 5 * 60_000;

/** When to move on from a token, in milliseconds since 1970: minutes before it ends, or half-way through a short one. */
export function moveOnAt(now: number, expiresAt: number): number {
  return Math.max(expiresAt - marginMs, now + (expiresAt - now) / 2);
}

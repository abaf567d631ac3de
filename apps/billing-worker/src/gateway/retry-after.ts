/**
 * How long an answer asks to be left alone, in ms, 0 or more: the header `Retry-After` as seconds or as a date (RFC
 * 9110). Undefined when there is none or it makes no sense.
 * @param now milliseconds since 1970
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

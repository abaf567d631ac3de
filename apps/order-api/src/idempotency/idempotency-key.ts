/** A Structured Field String (RFC 9651, section 3.3.3): printable ASCII in quotes, with `\"` and `\\` escaped. */
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send instead: a UUID or token without quotes. */
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+$/;
const longest = 255;

/**
 * Reads the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a Structured Field String, or the
 * same without quotes. Undefined when malformed: empty, longer than 255 characters, or with characters outside
 * printable ASCII.
 */
export function parseIdempotencyKey(header: string): string | undefined {
  const value = header.trim();
  const key = quoted.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? bare.exec(value)?.[0];
  return key === undefined || key === '' || key.length > longest ? undefined : key;
}

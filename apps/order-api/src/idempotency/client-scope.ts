import { createHash } from 'node:crypto';

/** The headers that say who is calling, as Node hands them over. */
export interface CallerHeaders {
  readonly 'x-client-id'?: string | string[] | undefined;
  readonly authorization?: string | undefined;
}

const longest = 200;

/**
 * Whose key an `Idempotency-Key` is: the client that `X-Client-Id` names (set by the gateway that authenticated it),
 * else whoever holds this `Authorization` (kept as a digest, never in clear), else the one scope of all anonymous
 * callers. Never the network address: a retry that comes from another address must find its key.
 */
export function clientScope(headers: CallerHeaders): string {
  const named = [headers['x-client-id']].flat()[0]?.trim();
  if (named) return `client:${named.length > longest ? digest(named) : named}`;
  if (headers.authorization) return `authorization:${digest(headers.authorization)}`;
  return 'anonymous';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

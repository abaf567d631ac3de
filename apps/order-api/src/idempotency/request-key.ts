import { Problem } from '@orderflow/service-kit';
import { type CallerHeaders, clientScope } from './client-scope.js';
import { fingerprintOf } from './fingerprint.js';
import { parseIdempotencyKey } from './idempotency-key.js';

/** What makes two requests the same one. */
export interface RequestKey {
  /** Whose key it is; keys of different clients have nothing to do with each other. */
  readonly client: string;
  /** Method and path, for example `POST /orders`. */
  readonly route: string;
  readonly key: string;
  /** Of the body: the same key with another body is a mistake. */
  readonly fingerprint: string;
}

export type IdempotencyHeaders = CallerHeaders & { readonly 'idempotency-key'?: string | string[] | undefined };

/** Undefined for a request without an `Idempotency-Key`. Throws a {@link Problem} for a malformed one. */
export function requestKey(headers: IdempotencyHeaders, route: string, body: unknown): RequestKey | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = parseIdempotencyKey(String(header));
  if (key === undefined) throw malformedKey();
  return { client: clientScope(headers), route, key, fingerprint: fingerprintOf(body) };
}

function malformedKey(): Problem {
  const detail = 'Idempotency-Key must be 1 to 255 printable ASCII characters, best a UUID in double quotes.';
  return new Problem(400, 'malformed-idempotency-key', detail);
}

import { hash } from 'node:crypto';
import { type Caller, Problem } from '@orderflow/service-kit';

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

/** The headers that say who is calling, as Node hands them over. */
interface CallerHeaders {
  readonly 'x-client-id'?: string | string[] | undefined;
  readonly authorization?: string | undefined;
}

export type IdempotencyHeaders = CallerHeaders & { readonly 'idempotency-key'?: string | string[] | undefined };

/** A request, and who sent it where a token says so. */
export interface KeyedRequest {
  readonly headers: IdempotencyHeaders;
  readonly caller?: Pick<Caller, 'issuer' | 'client' | 'subject'> | undefined;
}

/** Undefined for a request without an `Idempotency-Key`. Throws a {@link Problem} for a malformed one. */
export function requestKey({ headers, caller }: KeyedRequest, route: string, body: unknown): RequestKey | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = parseIdempotencyKey(String(header));
  if (key === undefined) throw malformedKey();
  return { client: caller ? callerScope(caller) : clientScope(headers), route, key, fingerprint: fingerprintOf(body) };
}

function malformedKey(): Problem {
  const detail = 'Idempotency-Key must be 1 to 255 printable ASCII characters, best a UUID in double quotes.';
  return new Problem(400, 'malformed-idempotency-key', detail);
}

/** A Structured Field String (RFC 9651, section 3.3.3): printable ASCII in quotes, with `\"` and `\\` escaped. */
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send instead: a UUID or token without quotes. */
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+$/;
const longestKey = 255;

/**
 * Reads the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a Structured Field String, or the
 * same without quotes. Undefined when malformed: empty, longer than 255 characters, or with characters outside
 * printable ASCII.
 */
export function parseIdempotencyKey(header: string): string | undefined {
  const value = header.trim();
  const key = quoted.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? bare.exec(value)?.[0];
  return key === undefined || key === '' || key.length > longestKey ? undefined : key;
}

/**
 * Whose key it is where tokens are asked for: the issuer's subject by this client. Customers of one front end share its
 * client, and a renewed token finds the key of the one before.
 */
export function callerScope({ issuer, client, subject }: Pick<Caller, 'issuer' | 'client' | 'subject'>): string {
  return `token:${digest(JSON.stringify([issuer, client, subject]))}`;
}

const longestClientId = 200;

/**
 * Whose key an `Idempotency-Key` is where no tokens are asked for: the client that `X-Client-Id` names (set by the gateway that authenticated it),
 * else whoever holds this `Authorization` (kept as a digest, never in clear), else the one scope of all anonymous
 * callers. Never the network address: a retry that comes from another address must find its key.
 */
export function clientScope(headers: CallerHeaders): string {
  const named = [headers['x-client-id']].flat()[0]?.trim();
  if (named) return `client:${named.length > longestClientId ? digest(named) : named}`;
  if (headers.authorization) return `authorization:${digest(headers.authorization)}`;
  return 'anonymous';
}

/** Equal for two JSON bodies that say the same, whatever the order of their fields and their white space. */
export function fingerprintOf(body: unknown): string {
  return digest(canonical(body));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}

import { timingSafeEqual, createHash } from 'node:crypto';
import { scopes } from '@orderflow/service-kit/access-scopes';
import { z } from 'zod';

/** The one application that this issuer knows. */
export interface Client {
  readonly id: string;
  readonly secret: string;
}

/** What a token will say. */
export interface Grant {
  readonly client: string;
  readonly scopes: readonly string[];
  /** Whose token it is, where it is a customer's. */
  readonly customer?: string;
}

/** RFC 6749, section 5.2: its code is what a client program acts on. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';

  constructor(
    readonly code: 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope',
    message: string,
  ) {
    super(message);
  }
}

const form = z.object({
  grant_type: z.string('is missing'),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  scope: z.string().optional(),
  customer: z.string().min(1, 'is empty').max(100, 'is longer than 100 characters').optional(),
});

/**
 * Reads a request for a token: client credentials (RFC 6749, section 4.4), and `customer` for a customer's.
 * @param body a form, as `application/x-www-form-urlencoded` has it
 * @param authorization the header; `Basic` may hold the client's id and secret instead of the form
 * @throws TokenRefused
 */
export function readTokenRequest(body: string, authorization: string | undefined, known: Client): Grant {
  const parsed = form.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: 'is wrong' }] = parsed.error.issues;
    throw new TokenRefused('invalid_request', `${path.join('.')} ${message}`);
  }
  const { grant_type, client_id, client_secret, scope, customer } = parsed.data;
  if (grant_type !== 'client_credentials') {
    throw new TokenRefused('unsupported_grant_type', 'Only client_credentials is granted here.');
  }
  const { id, secret } = basic(authorization) ?? { id: client_id ?? '', secret: client_secret ?? '' };
  if (!equal(id, known.id) || !equal(secret, known.secret)) {
    throw new TokenRefused('invalid_client', 'The client is not known, or its secret is wrong.');
  }
  return { client: id, scopes: allowed(scope, customer), ...(customer !== undefined && { customer }) };
}

/** A customer has what a shop's page needs; an application everything. */
const customersScopes: readonly string[] = ['orders:write', 'orders:read'];

function allowed(asked: string | undefined, customer: string | undefined): readonly string[] {
  const possible: readonly string[] = customer === undefined ? scopes : customersScopes;
  const wanted = asked?.split(' ').filter(Boolean) ?? possible;
  const unknown = wanted.filter((scope) => !possible.includes(scope));
  if (unknown.length === 0) return wanted;
  throw new TokenRefused('invalid_scope', `Not granted here: ${unknown.join(' ')}. What is: ${possible.join(' ')}.`);
}

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function basic(header: string | undefined): Client | undefined {
  const [, encoded] = /^Basic +([\w+/=]+) *$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id: formDecoded(id), secret: formDecoded(rest.join(':')) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

/** In a time that says nothing about where they differ. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

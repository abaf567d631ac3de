import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import type { AccessConfig, GuardedRequest } from './declare-access.js';
import type { Caller, RouteAccess, Scope } from './scopes.js';
import { KeysUnavailable } from './signing-keys.js';
import { InvalidToken, type TokenVerifier } from './token-verifier.js';

/** A refusal, for log and metrics. */
export interface AccessRefusal {
  readonly problem: Problem;
  readonly method: string;
  readonly url: string;
  /** Who was refused, where a token said so. */
  readonly caller?: Caller;
}

export interface AccessGuardOptions {
  /** Absent where tokens are off: everybody may ask for everything. */
  readonly verifier?: Pick<TokenVerifier, 'verify'>;
  /** Routes that a library adds and that cannot declare their own access, by the beginning of their path. */
  readonly pages?: readonly { readonly prefix: string; readonly access: RouteAccess }[];
  readonly onRefusal: (refusal: AccessRefusal) => void;
}

/**
 * Asks every request for a token that may use its route, before anything of it is read. A route that does not declare
 * who may ask for it fails the start, with tokens or without.
 */
export class AccessGuard {
  readonly #options: AccessGuardOptions;
  readonly #undeclared: string[] = [];

  constructor(options: AccessGuardOptions) {
    this.#options = options;
  }

  /** Methods and paths of routes that say nothing about access. */
  get undeclared(): readonly string[] {
    return this.#undeclared;
  }

  /** Comes before the first route is added. */
  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url, config }) => {
      if (this.#accessOf(config, url) === undefined) this.#undeclared.push(`${[method].flat().join(',')} ${url}`);
    });
    fastify.addHook('onRequest', async (request) => {
      // What no route takes is answered by the edge, without a secret to keep.
      if (request.is404) return;
      const access = this.#accessOf(request.routeOptions.config, request.routeOptions.url ?? '');
      if (access === 'public' || this.#options.verifier === undefined) return;
      await this.#admit(request, access, this.#options.verifier);
    });
  }

  #accessOf(config: unknown, url: string): RouteAccess | undefined {
    const { access } = (config ?? {}) as AccessConfig;
    return access ?? this.#options.pages?.find(({ prefix }) => url.startsWith(prefix))?.access;
  }

  async #admit(
    request: FastifyRequest,
    access: Exclude<RouteAccess, 'public'> | undefined,
    verifier: Pick<TokenVerifier, 'verify'>,
  ): Promise<void> {
    let caller: Caller | undefined;
    try {
      caller = await callerOf(request.headers.authorization, verifier);
      if (access === undefined) throw forbidden('Nobody may use this route.');
      requireScope(caller, access.scope);
      if (caller.customerId !== undefined && !access.customers) {
        throw forbidden("A customer's token does not open this route.");
      }
      (request as GuardedRequest).caller = caller;
    } catch (error) {
      if (error instanceof Problem) {
        const { method, url } = request;
        this.#options.onRefusal({ problem: error, method, url, ...(caller && { caller }) });
      }
      throw error;
    }
  }
}

/** RFC 6750, section 2.1: `Authorization: Bearer` and the token; names of schemes are case-insensitive. */
const bearer = /^Bearer +([\w.~+/=-]+) *$/i;

async function callerOf(header: string | undefined, verifier: Pick<TokenVerifier, 'verify'>): Promise<Caller> {
  if (header === undefined) throw unauthorized('Send a token: Authorization: Bearer …');
  const token = bearer.exec(header)?.[1];
  if (token === undefined) {
    throw unauthorized('The header Authorization is not: Bearer, a space and a token.', 'invalid_request');
  }
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof InvalidToken) throw unauthorized(error.message, 'invalid_token', error);
    if (!(error instanceof KeysUnavailable)) throw error;
    const detail = 'Tokens cannot be checked now: their issuer does not answer. Try again later.';
    throw new Problem(503, 'service-unavailable', detail, { cause: error, headers: { 'retry-after': '5' } });
  }
}

/** @throws Problem 403 for a token without a scope; for routes that need one besides theirs */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.has(scope)) return;
  const challenge = challengeOf({ error: 'insufficient_scope', scope });
  throw new Problem(403, 'scope-missing', `The token lacks the scope ${scope}.`, { headers: challenge });
}

/** For what the token, valid as it is, does not allow. */
export function forbidden(detail: string): Problem {
  return new Problem(403, 'forbidden', detail, { headers: challengeOf({ error: 'insufficient_scope' }) });
}

/** RFC 6750, section 3.1: no error code for a request without a token. */
function unauthorized(detail: string, error?: string, cause?: unknown): Problem {
  const headers = challengeOf(error === undefined ? {} : { error, error_description: detail });
  return new Problem(401, 'unauthorized', detail, { headers, cause });
}

function challengeOf(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = Object.entries({ realm: 'orderflow', ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return { 'www-authenticate': `Bearer ${pairs.join(', ')}` };
}

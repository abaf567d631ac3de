import { exportSPKI, importJWK, SignJWT, type CryptoKey } from 'jose';
import { scopes } from '../access/scopes.js';
import type { TestIssuer } from './test-issuer.js';

/** A route of a service as {@link refusalProblems} asks for it. */
export interface AskedRoute {
  readonly method: string;
  /** In the notation of Fastify: `/orders/:id`. */
  readonly path: string;
}

/** What a route answered to somebody who must not use it. */
interface Refused {
  /** Who asked for what, for example `GET /orders with an expired token`. */
  readonly what: string;
  readonly status: number;
  readonly challenge: string | null;
  readonly contentType: string | null;
  /** Whether anything of the token is in the answer. */
  readonly leaks: boolean;
}

/** So that nothing else is the reason of a refusal. */
const everyScope = scopes.join(' ');

type MakeToken = (issuer: TestIssuer, scopes: string) => Promise<string | undefined>;

/** Everybody who must be refused on every route, with the status that says so. */
const callers: Readonly<Record<string, { readonly status: 401 | 403; readonly token: MakeToken }>> = {
  'no token': { status: 401, token: async () => undefined },
  rubbish: { status: 401, token: async () => 'rubbish.rubbish.rubbish' },
  'a token for another audience': { status: 401, token: (by, scope) => by.token(scope, { audience: 'api://other' }) },
  'a token of another issuer': {
    status: 401,
    token: (by, scope) => by.token(scope, { issuer: 'https://other.example' }),
  },
  'an expired token': { status: 401, token: (by, scope) => by.token(scope, { notBefore: -900, expires: -60 }) },
  'a token that is not valid yet': { status: 401, token: (by, scope) => by.token(scope, { notBefore: 120 }) },
  'an unsigned token': { status: 401, token: async (by, scope) => unsigned(await by.token(scope)) },
  'a token signed with the public key': { status: 401, token: signedWithPublicKey },
  'a token of an unknown key': { status: 401, token: (by, scope) => by.token(scope, { kid: 'nobody' }) },
  'a token without scopes': { status: 403, token: (by) => by.token('') },
};

/**
 * Asks every route in the name of everybody who must not use it, and answers what differs from a refusal as it should
 * be: nothing, when all is well.
 */
export async function refusalProblems(
  url: string,
  routes: readonly AskedRoute[],
  issuer: TestIssuer,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [who, { status, token }] of Object.entries(callers)) {
    const bearer = await token(issuer, everyScope);
    for (const route of routes) {
      const refused = await ask(url, route, { who, bearer });
      problems.push(...wrongWith(refused, status));
    }
  }
  return problems;
}

/** The same for routes that are not for customers: a customer's token with every scope is refused. */
export async function customersProblems(
  url: string,
  routes: readonly AskedRoute[],
  issuer: TestIssuer,
): Promise<readonly string[]> {
  const bearer = await issuer.token(everyScope, { claims: { customer_id: 'somebody' } });
  const answers = await Promise.all(routes.map((route) => ask(url, route, { who: "a customer's token", bearer })));
  return answers.flatMap((refused) => wrongWith(refused, 403));
}

async function ask(
  url: string,
  { method, path }: AskedRoute,
  { who, bearer }: { readonly who: string; readonly bearer: string | undefined },
): Promise<Refused> {
  const target = path.replaceAll(/:\w+/g, 'x').replaceAll('*', 'x');
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const answer = await fetch(url + target, { method, headers, redirect: 'manual' });
  const body = await answer.text();
  return {
    what: `${method} ${path} with ${who}`,
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    contentType: answer.headers.get('content-type'),
    leaks:
      bearer !== undefined && bearer !== '' && (body + (answer.headers.get('www-authenticate') ?? '')).includes(bearer),
  };
}

function wrongWith({ what, status, challenge, contentType, leaks }: Refused, expected: number): readonly string[] {
  const method = what.slice(0, what.indexOf(' '));
  return [
    ...(status === expected ? [] : [`${what} is answered ${status}, not ${expected}`]),
    ...(challenge?.startsWith('Bearer realm=') ? [] : [`${what} has no challenge`]),
    ...(method === 'HEAD' || contentType?.startsWith('application/problem+json')
      ? []
      : [`${what} has no problem document`]),
    ...(leaks ? [`${what} is told its token`] : []),
  ];
}

function unsigned(token: string): string {
  const [, payload] = token.split('.');
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
}

async function signedWithPublicKey(issuer: TestIssuer, scope: string): Promise<string> {
  const key = (await importJWK({ ...issuer.publicKey, ext: true }, 'RS256', { extractable: true })) as CryptoKey;
  return new SignJWT({ scope, client_id: 'c' })
    .setProtectedHeader({ alg: 'HS256', kid: String(issuer.publicKey.kid) })
    .setIssuer(issuer.url)
    .setAudience(issuer.audience)
    .setSubject('s')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(await exportSPKI(key)));
}

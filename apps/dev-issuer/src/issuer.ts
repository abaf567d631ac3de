import { randomUUID } from 'node:crypto';
import { type AllowList, createAllowList, guardServer, HttpGuard, type RefusalAnswer } from '@orderflow/http-guard';
import { answerOf, HttpEdge, Problem, problemOf } from '@orderflow/service-kit/http-edge';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { SignJWT } from 'jose';
import { createSigningKey, type SigningKey } from './keys.js';
import { type Client, type Grant, readTokenRequest, TokenRefused } from './token-request.js';

export interface IssuerOptions {
  /** What tokens carry as `iss`, and where services ask for the keys: the URL by which they reach this. */
  readonly issuer: string;
  /** For whom tokens are made: `aud`. */
  readonly audience: string;
  readonly client: Client;
  /** How long a token is good for, in seconds, 1 or more; 3,600 when absent. */
  readonly lifetimeS?: number;
  /** By which names it may be called, and which pages may call it; by default loopback names, and no page of others. */
  readonly allowed?: AllowList;
  /** Called for each request that was refused for either. */
  readonly refused?: (refusal: RefusalAnswer) => void;
}

/**
 * An issuer of access tokens for laptops and tests: one client, one key, real signatures. Who can reach it and knows the
 * client's secret gets every scope, so it belongs into no deployment.
 */
export async function createIssuer({
  issuer,
  audience,
  client,
  lifetimeS = 3_600,
  allowed = createAllowList(),
  refused = () => undefined,
}: IssuerOptions): Promise<FastifyInstance> {
  const key = await createSigningKey(randomUUID());
  const app = createServer();
  const guard = new HttpGuard({ allowed, settings: { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' } });
  guardServer(app.server, guard, refused);
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/.well-known/openid-configuration', () => metadata(issuer));
  app.get('/keys', () => ({ keys: [key.publicKey] }));
  app.post('/token', async ({ body, headers }, reply) => {
    const grant = readTokenRequest(typeof body === 'string' ? body : '', headers.authorization, client);
    void reply.header('cache-control', 'no-store');
    return {
      access_token: await sign(grant, { key, issuer, audience, lifetimeS }),
      token_type: 'Bearer',
      expires_in: lifetimeS,
      scope: grant.scopes.join(' '),
    };
  });
  return app;
}

function metadata(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/keys`,
    token_endpoint: `${issuer}/token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    response_types_supported: [],
  };
}

interface Signing {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeS: number;
}

/** As RFC 9068 profiles access tokens. */
function sign({ client, customer, scopes }: Grant, { key, issuer, audience, lifetimeS }: Signing): Promise<string> {
  return new SignJWT({ client_id: client, scope: scopes.join(' '), ...(customer && { customer_id: customer }) })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(customer ?? client)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${lifetimeS}s`)
    .sign(key.privateKey);
}

/** What it refuses before a handler, and how, is what every service refuses. */
function createServer(): FastifyInstance {
  const edge = new HttpEdge(() => undefined);
  const app = Fastify({
    ...edge.options,
    bodyLimit: 16_384,
    forceCloseConnections: 'idle',
    logger: { level: 'error' },
  });
  app.removeAllContentTypeParsers();
  edge.guard(app);
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(({ method, url }) => {
    throw new Problem(404, 'not-found', `Cannot ${method} ${url}`);
  });
  return app;
}

/** What OAuth's own clients read where the request was one for a token; a problem document otherwise. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof TokenRefused) {
    if (error.code === 'invalid_client') void reply.header('www-authenticate', 'Basic realm="dev-issuer"');
    const status = error.code === 'invalid_client' ? 401 : 400;
    return reply.code(status).send({ error: error.code, error_description: error.message });
  }
  const problem = problemOf(error);
  if (problem.code === 'internal-error') request.log.error({ err: error }, problem.message);
  const { status, headers, body } = answerOf(problem, request.url);
  return reply.code(status).headers(headers).send(body);
}

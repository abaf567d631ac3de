import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { scopes } from '@orderflow/service-kit/access-scopes';
import { fuzzHttp, fuzzSeed } from '@orderflow/service-kit/testing';
import type { FastifyInstance } from 'fastify';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { createIssuer } from './issuer.js';

const issuer = 'http://localhost:3005';
let app: FastifyInstance;
let url: string;

beforeAll(async () => {
  app = await createIssuer({ issuer, audience: 'orders', client: { id: 'shop', secret: 's:e cret' }, lifetimeS: 60 });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(() => app.close());

async function ask(form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
  const answer = await fetch(`${url}/token`, { method: 'POST', body, headers });
  const { access_token, ...rest } = (await answer.json()) as { access_token: string } & Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, token: access_token, rest };
}

const client = { client_id: 'shop', client_secret: 's:e cret' };

describe('the development issuer', () => {
  it('signs tokens that its keys check, for its audience, for as long as it says', async () => {
    const { status, headers, token, rest } = await ask({ ...client, scope: 'orders:read lab' });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 60, scope: 'orders:read lab' });
    const keys = (await (await fetch(`${url}/keys`)).json()) as JSONWebKeySet;
    expect(JSON.stringify(keys)).not.toContain('"d"');
    const checks = { issuer, audience: 'orders', algorithms: ['ES256'], typ: 'at+jwt' };
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), checks);
    expect(payload).toMatchObject({ sub: 'shop', client_id: 'shop', scope: 'orders:read lab' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(payload['customer_id']).toBeUndefined();
  });

  it('grants an application every scope unless it asks for fewer', async () => {
    expect((await ask(client)).rest['scope']).toBe(scopes.join(' '));
  });

  it("makes a customer's token, which can only order", async () => {
    const { token } = await ask({ ...client, customer: 'ada' });
    expect(decodeJwt(token)).toMatchObject({ sub: 'ada', customer_id: 'ada', scope: 'orders:write orders:read' });
    const { status, rest } = await ask({ ...client, customer: 'ada', scope: 'ops:read' });
    expect([status, rest['error']]).toEqual([400, 'invalid_scope']);
  });

  it('takes id and secret from the header Authorization as well', async () => {
    const authorization = `Basic ${Buffer.from('shop:s%3Ae+cret').toString('base64')}`;
    expect((await ask({}, { authorization })).status).toBe(200);
  });

  it.each([
    [401, 'invalid_client', { ...client, client_secret: 'wrong' }],
    [401, 'invalid_client', { client_id: 'shop' }],
    [401, 'invalid_client', {}],
    [400, 'unsupported_grant_type', { ...client, grant_type: 'password' }],
    [400, 'invalid_scope', { ...client, scope: 'everything' }],
    [400, 'invalid_request', { ...client, customer: '' }],
  ])('answers %i %s to %j', async (status, error, form) => {
    const answer = await ask(form);
    expect([answer.status, answer.rest['error'], answer.token]).toEqual([status, error, undefined]);
  });

  it('is found by its metadata', async () => {
    const found = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
    expect(found).toMatchObject({ issuer, jwks_uri: `${issuer}/keys`, token_endpoint: `${issuer}/token` });
  });

  it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
    const routes = ['/health/live', '/keys', '/.well-known/openid-configuration'].map((path) => ({
      method: 'GET',
      path,
    }));
    await fuzzHttp({ url, routes: [...routes, { method: 'POST', path: '/token' }] });
  });
});

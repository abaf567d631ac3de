import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { SignJWT, exportSPKI, importJWK, type CryptoKey } from 'jose';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { TestIssuer } from '../testing/test-issuer.js';
import { Public, RequestCaller, RequireScope } from './declare-access.js';
import type { Caller } from './scopes.js';

@Controller()
class BooksController {
  @Get('shelf')
  @Public()
  shelf(): unknown {
    return {};
  }

  @Get('books/:id')
  @RequireScope('orders:read', { customers: true })
  read(@RequestCaller() caller: Caller | undefined): unknown {
    return caller ? { ...caller, scopes: [...caller.scopes] } : {};
  }

  @Post('books')
  @RequireScope('ops:read')
  count(): unknown {
    return {};
  }
}

@Module({ controllers: [BooksController] })
class BooksModule {}

let issuer: TestIssuer;
let service: RunningService | undefined;
let lines: string[] = [];

beforeEach(async () => {
  issuer = await TestIssuer.start();
  lines = [];
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await issuer.stop();
});

async function start(overrides: object = {}, module: new () => object = BooksModule): Promise<string> {
  const logger = createLogger({ name: 'books', destination: { write: (line) => void lines.push(line) } });
  const config = { PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'info' as const, SHUTDOWN_TIMEOUT: 1_000, ...overrides };
  service = await startService({ config, logger, metrics: createMetrics('books') }, { module });
  return service.url;
}

async function ask(url: string, token?: string, method = 'GET') {
  const answer = await fetch(url, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const body = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), headers: answer.headers, body };
}

describe('where an issuer is named', () => {
  it('health, metrics and what is public need no token', async () => {
    const url = await start(issuer.env);
    for (const path of ['/health/live', '/health/ready', '/health/startup', '/shelf']) {
      expect((await fetch(`${url}${path}`)).status).toBe(200);
    }
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });

  it('says who is calling', async () => {
    const url = await start(issuer.env);
    const claims = { sub: 'anna', azp: 'shop', customer_id: 'c-1' };
    const answer = await ask(`${url}/books/1`, await issuer.token('orders:read orders:write', { claims }));
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        issuer: issuer.url,
        client: 'shop',
        subject: 'anna',
        scopes: ['orders:read', 'orders:write'],
        customerId: 'c-1',
      },
    ]);
  });

  it.each<[string, (token: string) => Promise<string | undefined>, string | null]>([
    ['none', async () => undefined, null],
    ['one that is no token', async () => 'abc', 'invalid_token'],
    ['one for another audience', () => issuer.token('orders:read', { audience: 'api://other' }), 'invalid_token'],
    ['one of another issuer', () => issuer.token('orders:read', { issuer: 'https://other.example' }), 'invalid_token'],
    ['an expired one', () => issuer.token('orders:read', { notBefore: -900, expires: -31 }), 'invalid_token'],
    ['one that is not valid yet', () => issuer.token('orders:read', { notBefore: 60 }), 'invalid_token'],
    ['one without an end', () => withoutEnd(), 'invalid_token'],
    ['an unsigned one', (token) => unsigned(token), 'invalid_token'],
    ['one signed with the public key as a secret', () => signedWithPublicKey(), 'invalid_token'],
    ['one signed with an unknown key', () => issuer.token('orders:read', { kid: 'nobody' }), 'invalid_token'],
    ['one whose claims were changed', (token) => forged(token), 'invalid_token'],
    ['one that is longer than any', async (token) => token + 'x'.repeat(20_000), null],
  ])('refuses a request with %s', async (_, make, error) => {
    const url = await start(issuer.env);
    const token = await make(await issuer.token('orders:read'));
    const answer = await ask(`${url}/books/1`, token).catch(() => undefined);
    if (token !== undefined && token.length > 16_384) return expect([401, 431, undefined]).toContain(answer?.status);
    expect(answer).toMatchObject({ status: 401, body: { type: 'urn:orderflow:problem:unauthorized' } });
    expect(answer?.challenge).toMatch(/^Bearer realm="orderflow"/);
    if (error !== null) expect(answer?.challenge).toContain(`error="${error}"`);
    const logged = lines.filter((line) => line.includes('access refused'));
    expect(logged).toHaveLength(1);
    if (token !== undefined && token.length > 10) expect(lines.join('')).not.toContain(token);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'http_requests_unauthorized_total{status="401",service="books"} 1',
    );
  });

  it('takes a token within the leeway of the clocks', async () => {
    const url = await start({ ...issuer.env, AUTH_LEEWAY: 60_000 });
    const late = await issuer.token('orders:read', { notBefore: -900, expires: -50 });
    const early = await issuer.token('orders:read', { notBefore: 50 });
    expect([(await ask(`${url}/books/1`, late)).status, (await ask(`${url}/books/1`, early)).status]).toEqual([
      200, 200,
    ]);
  });

  it('refuses a token without the scope, and says which', async () => {
    const url = await start(issuer.env);
    const answer = await ask(`${url}/books/1`, await issuer.token('orders:write orders'));
    expect(answer).toMatchObject({ status: 403, body: { type: 'urn:orderflow:problem:scope-missing' } });
    expect(answer.challenge).toBe('Bearer realm="orderflow", error="insufficient_scope", scope="orders:read"');
  });

  it("opens no internal route for a customer's token, whatever its scopes", async () => {
    const url = await start(issuer.env);
    const internal = await issuer.token('ops:read');
    const customers = await issuer.token('ops:read', { claims: { customer_id: 'c-1' } });
    expect((await ask(`${url}/books`, internal, 'POST')).status).toBe(201);
    expect((await ask(`${url}/books`, customers, 'POST')).status).toBe(403);
  });

  it.each([0, '', null, ['c-1']])('refuses a token whose customer is %j', async (customer_id) => {
    const url = await start(issuer.env);
    expect((await ask(`${url}/books/1`, await issuer.token('orders:read', { claims: { customer_id } }))).status).toBe(
      401,
    );
  });

  it('reads scopes as Entra ID writes them', async () => {
    const url = await start(issuer.env);
    const delegated = await issuer.token('', { claims: { scope: undefined, scp: 'orders:read lab' } });
    const application = await issuer.token('', { claims: { scope: undefined, roles: ['orders:read'] } });
    expect([
      (await ask(`${url}/books/1`, delegated)).status,
      (await ask(`${url}/books/1`, application)).status,
    ]).toEqual([200, 200]);
  });

  it('limits how often a client may ask, each on its own', async () => {
    const url = await start({ ...issuer.env, RATE_LIMIT: 3 });
    const anna = await issuer.token('orders:read', { claims: { sub: 'anna' } });
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await ask(`${url}/books/1`, anna)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const answer = await ask(`${url}/books/1`, anna);
    expect(answer.body).toMatchObject({ type: 'urn:orderflow:problem:too-many-requests', status: 429 });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const ben = await issuer.token('orders:read', { claims: { sub: 'ben' } });
    expect((await ask(`${url}/books/1`, ben)).status).toBe(200);
  });
});

describe("the issuer's keys", () => {
  it('are followed when they are rotated, and asked for no more often than needed', async () => {
    const url = await start(issuer.env);
    expect((await ask(`${url}/books/1`, await issuer.token('orders:read'))).status).toBe(200);
    await Promise.all(Array.from({ length: 50 }, async () => ask(`${url}/books/1`, await issuer.token('orders:read'))));
    expect(issuer.asked).toBe(1);
  });

  it.each(['failing', 'silent'] as const)('are used on while the issuer is %s', async (how) => {
    const url = await start(issuer.env);
    const token = await issuer.token('orders:read');
    expect((await ask(`${url}/books/1`, token)).status).toBe(200);
    issuer.leave(how);
    expect((await ask(`${url}/books/1`, token)).status).toBe(200);
  });

  it('are missing when the issuer never answered: that is nobody’s fault, and lets nobody in', async () => {
    issuer.leave('failing');
    const url = await start(issuer.env);
    const token = await issuer.token('orders:read');
    const answer = await ask(`${url}/books/1`, token);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    issuer.comeBack();
    expect((await ask(`${url}/books/1`, token)).status).toBe(200);
  });
});

describe('where no issuer is named', () => {
  it('a service on loopback answers anybody, and says so', async () => {
    const url = await start();
    expect((await ask(`${url}/books`, undefined, 'POST')).status).toBe(201);
    expect(lines.join('')).toContain('no tokens are asked for');
  });

  it.each([{ HOST: '0.0.0.0' }, { HOST: '::' }, { HOST: '10.0.0.7' }, { NODE_ENV: 'production' }])(
    'a service does not start with %j',
    async (overrides) => {
      await expect(start(overrides)).rejects.toThrow(
        /^Without tokens this service would answer anybody: .*\. Set AUTH_ISSUER and AUTH_AUDIENCE, or HOST=127\.0\.0\.1\.$/,
      );
    },
  );

  it('half of the settings is refused', async () => {
    await expect(start({ AUTH_ISSUER: 'https://issuer.example' })).rejects.toThrow('AUTH_AUDIENCE is not');
    await expect(start({ AUTH_AUDIENCE: 'api://orderflow' })).rejects.toThrow('mean nothing without AUTH_ISSUER');
  });
});

it('does not start with a route that does not say who may use it', async () => {
  @Controller()
  class ForgottenController {
    @Get('forgotten')
    read(): void {}
  }
  @Module({ controllers: [ForgottenController] })
  class ForgottenModule {}
  await expect(start({}, ForgottenModule)).rejects.toThrow(
    'These routes do not say who may use them: GET /forgotten; HEAD /forgotten. Give each a @RequireScope or @Public.',
  );
});

async function unsigned(token: string): Promise<string> {
  const [, payload] = token.split('.');
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
}

async function forged(token: string): Promise<string> {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url');
  return `${header}.${changed}.${signature}`;
}

async function signedWithPublicKey(): Promise<string> {
  const key = (await importJWK({ ...issuer.publicKey, ext: true }, 'RS256', { extractable: true })) as CryptoKey;
  return new SignJWT({ scope: 'orders:read', client_id: 'c' })
    .setProtectedHeader({ alg: 'HS256', kid: String(issuer.publicKey.kid) })
    .setIssuer(issuer.url)
    .setAudience(issuer.audience)
    .setSubject('s')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(await exportSPKI(key)));
}

function withoutEnd(): Promise<string> {
  return issuer.token('orders:read', { expires: 'never' });
}

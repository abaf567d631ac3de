import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Scope, scopes } from '../access/scopes.js';
import type { RunningService } from '../service/start-service.js';
import { type AskedRoute, customersProblems, refusalProblems } from './refused-callers.js';
import type { ServiceFixture } from './service-fixture.js';
import { TestIssuer } from './test-issuer.js';

/** Routes that no token is asked for. */
export const isPublic = ({ path }: AskedRoute): boolean => path.startsWith('/health/') || path === '/metrics';

/** Routes that only look, and whose question is too long for a path. */
const questions: ReadonlySet<string> = new Set(['POST /ops/handled']);

/** Routes that remove something for good. */
const discards: ReadonlySet<string> = new Set(['POST /ops/outbox/drop']);

interface WorkerAccess {
  readonly open: () => Promise<ServiceFixture>;
  /** All its routes besides health and metrics, each as `GET /ops/pause`. */
  readonly routes: readonly string[];
}

/** Who may use what of a worker: one Jest test for each demand of docs/access.md. */
export function workerAccessSuite({ open, routes }: WorkerAccess): void {
  let issuer: TestIssuer;
  let fixture: ServiceFixture;
  let service: RunningService;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    fixture = await open();
    service = await fixture.start(issuer.env);
  });

  afterAll(async () => {
    await service.stop();
    await fixture.close();
    await issuer.stop();
  });

  const guarded = () => service.routes.filter((route) => !isPublic(route));

  describe('who may use what', () => {
    it('is public for health and metrics only', async () => {
      const open = service.routes.filter((route) => isPublic(route) && route.method === 'GET');
      expect(open.map(({ path }) => path).sort()).toEqual([
        '/health/live',
        '/health/ready',
        '/health/startup',
        '/metrics',
      ]);
      for (const { path } of open) expect([200, 503]).toContain((await fetch(service.url + path)).status);
      expect(new Set(guarded().map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(routes));
    });

    it('is refused on every route to everybody who must not', async () => {
      expect(await refusalProblems(service.url, guarded(), issuer)).toEqual([]);
    });

    it("is nothing for a customer's token, whatever its scopes", async () => {
      expect(await customersProblems(service.url, guarded(), issuer)).toEqual([]);
    });

    it('is what ops:read allows to look at, ops:write to change and ops:discard to remove, and no other scope', async () => {
      for (const { method, path } of guarded()) {
        const statusWith = async (scope: string) => {
          const headers = { authorization: `Bearer ${await issuer.token(scope)}` };
          return (await fetch(service.url + path.replace(/:\w+/g, 'x'), { method, headers })).status;
        };
        const needed = neededFor(method, path);
        const others = scopes.filter((scope) => scope !== needed);
        // What it is asked for may not be there, or may need a body: it was let in.
        expect([200, 204, 400, 404, 415]).toContain(await statusWith(needed));
        expect(await statusWith(others.join(' '))).toBe(403);
      }
    });
  });

  needsAnIssuer((env) => fixture.start(env));
}

function neededFor(method: string, path: string): Scope {
  const route = `${method} ${path}`;
  if (method === 'GET' || method === 'HEAD' || questions.has(route)) return 'ops:read';
  return discards.has(route) ? 'ops:discard' : 'ops:write';
}

/** Registers the tests that a service without an issuer starts only where nobody else can reach it. */
export function needsAnIssuer(start: (env: Readonly<Record<string, string>>) => Promise<RunningService>): void {
  it.each<Readonly<Record<string, string>>>([{ HOST: '0.0.0.0' }, { NODE_ENV: 'production' }])(
    'does not start without an issuer where others could reach it: %j',
    async (env) => {
      await expect(start(env)).rejects.toThrow(/^Without tokens this service would answer anybody: [^\n]*$/);
    },
  );
}

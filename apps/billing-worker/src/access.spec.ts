import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningService, scopes } from '@orderflow/service-kit';
import {
  customersProblems,
  openServiceDatabase,
  refusalProblems,
  type ServiceDatabase,
  startQuietly,
  TestIssuer,
} from '@orderflow/service-kit/testing';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { composeBillingWorker, serviceName } from './compose-billing-worker.js';
import { configSchema } from './config.js';

const topology = new URL('../../../infra/servicebus/Config.json', import.meta.url);

let issuer: TestIssuer;
let database: ServiceDatabase;
let broker: Broker;
let service: RunningService;

const start = (env: Readonly<Record<string, string>>) =>
  startQuietly(
    { name: serviceName, schema: configSchema, compose: composeBillingWorker },
    {
      DATABASE_URL: database.url,
      SERVICEBUS_CONNECTION_STRING: broker.connectionString,
      PAYMENT_GATEWAY_URL: 'http://127.0.0.1:1',
      ...env,
    },
  );

beforeAll(async () => {
  issuer = await TestIssuer.start();
  database = await openServiceDatabase(serviceName, new URL('../migrations/', import.meta.url));
  broker = await startBroker({ topology: parseTopology(readFileSync(topology, 'utf8')) });
  service = await start(issuer.env);
});

afterAll(async () => {
  await service.stop();
  await broker.close();
  await database.close();
  await issuer.stop();
});

const isPublic = (path: string) => path.startsWith('/health/') || path === '/metrics';
const guarded = () => service.routes.filter(({ path }) => !isPublic(path));

describe('who may use what', () => {
  it('is public for health and metrics only', async () => {
    const open = service.routes.filter(({ path, method }) => isPublic(path) && method === 'GET');
    expect(open.map(({ path }) => path).sort()).toEqual([
      '/health/live',
      '/health/ready',
      '/health/startup',
      '/metrics',
    ]);
    for (const { path } of open) expect([200, 503]).toContain((await fetch(service.url + path)).status);
    expect(
      guarded()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual([
      'DELETE /ops/pause',
      'GET /invoices/:orderId',
      'GET /ops/pause',
      'HEAD /invoices/:orderId',
      'HEAD /ops/pause',
      'PUT /ops/pause',
    ]);
  });

  it('is refused on every route to everybody who must not', async () => {
    expect(await refusalProblems(service.url, guarded(), issuer)).toEqual([]);
  });

  it("is nothing for a customer's token, whatever its scopes", async () => {
    expect(await customersProblems(service.url, guarded(), issuer)).toEqual([]);
  });

  it('is what ops:read allows to look at and ops:write to change, and no other scope', async () => {
    for (const { method, path } of guarded()) {
      const statusWith = async (scope: string) => {
        const headers = { authorization: `Bearer ${await issuer.token(scope)}` };
        return (await fetch(service.url + path.replace(/:\w+/g, 'x'), { method, headers })).status;
      };
      const needed = method === 'GET' || method === 'HEAD' ? 'ops:read' : 'ops:write';
      const others = scopes.filter((scope) => scope !== needed);
      // What it is asked for may not be there, or may need a body: it was let in.
      expect([200, 204, 400, 404, 415]).toContain(await statusWith(needed));
      expect(await statusWith(others.join(' '))).toBe(403);
    }
  });
});

it.each<Readonly<Record<string, string>>>([{ HOST: '0.0.0.0' }, { NODE_ENV: 'production' }])(
  'does not start without an issuer where others could reach it: %j',
  async (env) => {
    await expect(start(env)).rejects.toThrow(/^Without tokens this service would answer anybody: [^\n]*$/);
  },
);

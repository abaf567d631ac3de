import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  customersProblems,
  isPublic,
  needsAnIssuer,
  type OpenApiDocument,
  refusalProblems,
  routesOf,
  TestIssuer,
} from '@orderflow/service-kit/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderApi, type TestOrderApi } from '../test/order-api.js';
import { startOrderBroker } from '../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../test/order-database.js';

let issuer: TestIssuer;
let database: OrderDatabase;
let broker: Broker;
let api: TestOrderApi;

const start = (env: Readonly<Record<string, string>>) =>
  startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString, env });

beforeAll(async () => {
  issuer = await TestIssuer.start();
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  api = await start({ ...issuer.env, OPS: 'true' });
});

afterAll(async () => {
  await api.stop();
  await broker.close();
  await database.close();
  await issuer.stop();
});

interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, token: string, { method = 'GET', body, headers }: Asking = {}) {
  const answer = await fetch(api.url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> };
}

const customers = (id: string, claims: object = {}) =>
  issuer.token('orders:read orders:write', { claims: { sub: id, customer_id: id, azp: 'shop', ...claims } });

const orderOf = (customerId: string) => ({
  customerId,
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
});

async function placed(customerId: string): Promise<string> {
  const { status, body } = await ask('/orders', await customers(customerId), {
    method: 'POST',
    body: orderOf(customerId),
  });
  expect(status).toBe(202);
  return String(body['id']);
}

describe('every route', () => {
  it('of the route table refuses everybody who must not use it', async () => {
    const guarded = api.routes.filter((route) => !isPublic(route));
    expect(guarded.length).toBeGreaterThanOrEqual(12);
    expect(await refusalProblems(api.url, guarded, issuer)).toEqual([]);
  });

  it('of the OpenAPI document names its scope and its refusals, and is one of the route table', async () => {
    const { body } = await ask('/docs-json', await issuer.token('orders:read'));
    const document = body as unknown as OpenApiDocument;
    const routes = routesOf(document);
    expect(routes.length).toBeGreaterThanOrEqual(10);
    const table = api.routes.map(({ method, path }) => `${method} ${path}`);
    for (const route of routes) {
      const { method, path } = route;
      const documented = document.paths[path]?.[method.toLowerCase()] as unknown as {
        readonly security?: readonly object[];
        readonly responses: Readonly<Record<string, unknown>>;
      };
      expect(table).toContain(`${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
      if (isPublic(route)) continue;
      expect([path, documented.security]).toEqual([
        path,
        [{ tokens: [expect.stringMatching(/^(orders:|lab$|ops:)/)] }],
      ]);
      expect(Object.keys(documented.responses)).toEqual(expect.arrayContaining(['401', '403', '429']));
    }
  });

  it('of the lab is closed to customers', async () => {
    const lab = api.routes.filter(({ path }) => /^\/(send|receive|peek|lab)/.test(path));
    expect(lab.length).toBeGreaterThanOrEqual(3);
    expect(await customersProblems(api.url, lab, issuer)).toEqual([]);
  });
});

it('keeps customers out of operations', async () => {
  const ops = api.routes.filter(({ path }) => path.startsWith('/ops'));
  expect(ops.length).toBeGreaterThanOrEqual(7);
  expect(await customersProblems(api.url, ops, issuer)).toEqual([]);
});

describe('a customer', () => {
  it('places, sees, lists, follows and cancels its own orders', async () => {
    const id = await placed('ada');
    const token = await customers('ada');
    expect((await ask(`/orders/${id}`, token)).body).toMatchObject({ id, customerId: 'ada' });
    expect((await ask(`/orders/${id}/timeline`, token)).status).toBe(200);
    expect((await ask(`/orders/${id}/cancel`, token, { method: 'POST', body: {} })).status).toBe(202);
  });

  it('lists nobody else’s, whether it asks for them or not', async () => {
    await placed('ada');
    await placed('bob');
    const { body } = await ask('/orders?limit=100', await customers('bob'));
    const items = body['items'] as readonly { readonly customerId: string }[];
    expect(new Set(items.map(({ customerId }) => customerId))).toEqual(new Set(['bob']));
    expect((await ask('/orders?customerId=ada', await customers('bob'))).status).toBe(403);
  });

  it('is kept from the orders of another', async () => {
    const id = await placed('ada');
    const token = await customers('mallory');
    const tries = await Promise.all([
      ask('/orders', token, { method: 'POST', body: orderOf('ada') }),
      ask(`/orders/${id}`, token),
      ask(`/orders/${id}/timeline`, token),
      ask(`/orders/${id}/cancel`, token, { method: 'POST', body: {} }),
    ]);
    expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(JSON.stringify(tries)).not.toContain('tea');
    expect((await ask(`/orders/${id}`, await customers('ada'))).body['status']).toBe('pending');
  });

  it('is who the claim says that the settings name', async () => {
    const other = await start({ ...issuer.env, AUTH_CUSTOMER_CLAIM: 'shopper' });
    const token = await issuer.token('orders:read', { claims: { shopper: 'ada' } });
    const statusOf = async (query: string) =>
      (await fetch(`${other.url}/orders?${query}`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await statusOf('customerId=ada'), await statusOf('customerId=bob')]).toEqual([200, 403]);
    await other.stop();
  });
});

describe('an Idempotency-Key', () => {
  it('belongs to subject and client, whatever X-Client-Id says, and is found by a renewed token', async () => {
    const key = randomUUID();
    const place = async (token: string, customerId: string, client: string) =>
      (
        await ask('/orders', token, {
          method: 'POST',
          body: orderOf(customerId),
          headers: { 'idempotency-key': key, 'x-client-id': client },
        })
      ).body['id'];
    const first = await place(await customers('ada'), 'ada', 'one');
    expect(await place(await customers('ada', { jti: 'renewed' }), 'ada', 'two')).toBe(first);
    expect(await place(await customers('bob'), 'bob', 'one')).not.toBe(first);
  });
});

needsAnIssuer(start);

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fuzzHttp, fuzzSeed, type OpenApiDocument, routesOf } from '@orderflow/service-kit/testing';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderApi, type TestOrderApi } from '../test/order-api.js';
import { startOrderBroker } from '../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../test/order-database.js';

let database: OrderDatabase;
let broker: Broker;
let api: TestOrderApi;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker();
  api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString });
});

afterAll(async () => {
  await api.stop();
  await broker.close();
  await database.close();
});

/** Nobody wants to wait a minute for a queue that is empty. */
const shortly = (target: string) => {
  if (!target.startsWith('/receive')) return target;
  const [path, query = ''] = target.split('?');
  const others = query.split('&').filter((pair) => pair !== '' && !/^idleTimeout=\d/.test(pair));
  return `${path}?${[...others, 'idleTimeout=0.01'].join('&')}`;
};

it(`answers whatever its OpenAPI document allows and does not (FUZZ_SEED=${fuzzSeed})`, async () => {
  const document = (await (await fetch(`${api.url}/docs-json`)).json()) as OpenApiDocument;
  const routes = routesOf(document);
  expect(routes.length).toBeGreaterThanOrEqual(10);
  const isReceive = ({ path }: { path: string }) => path === '/receive';
  await fuzzHttp({ url: api.url, routes: routes.filter((route) => !isReceive(route)) });
  // An answer takes up to a second.
  await fuzzHttp({ url: api.url, routes: routes.filter(isReceive), adapt: shortly, runs: 8 });
  expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
  const placed = await fetch(`${api.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"customerId":"customer-1","currency":"EUR","lines":[{"sku":"tea","quantity":2,"unitPrice":450}]}',
  });
  expect(placed.status).toBe(202);
});

it('takes nothing off the lab queue for a HEAD', async () => {
  await fetch(`${api.url}/send`, { method: 'POST', body: 'Hello world!' });
  const answer = await fetch(`${api.url}/receive?idleTimeout=0.1`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  expect(await (await fetch(`${api.url}/peek`)).json()).toContain('Hello world!');
});

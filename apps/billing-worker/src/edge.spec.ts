import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningService } from '@orderflow/service-kit';
import {
  fuzzHttp,
  fuzzSeed,
  openServiceDatabase,
  type ServiceDatabase,
  startQuietly,
} from '@orderflow/service-kit/testing';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { composeBillingWorker, serviceName } from './compose-billing-worker.js';
import { configSchema } from './config.js';

const topology = new URL('../../../infra/servicebus/Config.json', import.meta.url);

let database: ServiceDatabase;
let broker: Broker;
let service: RunningService;

beforeAll(async () => {
  database = await openServiceDatabase(serviceName, new URL('../migrations/', import.meta.url));
  broker = await startBroker({ topology: parseTopology(readFileSync(topology, 'utf8')) });
  service = await startQuietly(
    { name: serviceName, schema: configSchema, compose: composeBillingWorker },
    {
      DATABASE_URL: database.url,
      SERVICEBUS_CONNECTION_STRING: broker.connectionString,
      PAYMENT_GATEWAY_URL: 'http://127.0.0.1:1',
    },
  );
});

afterAll(async () => {
  await service.stop();
  await broker.close();
  await database.close();
});

it.each([
  ['%00', 'NUL'],
  ['%ED%A0%80', 'UTF-8'],
  ['a%01b', 'must be 1 to 100 characters'],
  ['x'.repeat(101), 'must be 1 to 100 characters'],
])('refuses an order that cannot be one: %s', async (orderId, detail) => {
  const answer = await fetch(`${service.url}/invoices/${orderId}`);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    errors: [{ parameter: 'orderId', detail: expect.stringContaining(detail) }],
  });
});

it('knows no invoice of an order that was never billed', async () => {
  const answer = await fetch(`${service.url}/invoices/o-1`);
  expect([answer.status, await answer.json()]).toEqual([
    404,
    expect.objectContaining({ type: 'urn:orderflow:problem:no-such-invoice' }),
  ]);
});

it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  expect(service.routes).toContainEqual({ method: 'GET', path: '/invoices/:orderId' });
  await fuzzHttp({ url: service.url, routes: service.routes });
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

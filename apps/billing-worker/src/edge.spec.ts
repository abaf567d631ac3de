import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningService } from '@orderflow/service-kit';
import { fuzzHttp, fuzzSeed, type ServiceFixture } from '@orderflow/service-kit/testing';
import { openBillingWorker } from '../test/open-billing-worker.js';

let fixture: ServiceFixture;
let service: RunningService;

beforeAll(async () => {
  fixture = await openBillingWorker();
  service = await fixture.start();
});

afterAll(async () => {
  await service.stop();
  await fixture.close();
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

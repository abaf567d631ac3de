import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningService } from '@orderflow/service-kit';
import { fuzzHttp, fuzzSeed, type ServiceFixture } from '@orderflow/service-kit/testing';
import { openOrderWorker } from '../test/open-order-worker.js';

let fixture: ServiceFixture;
let service: RunningService;

beforeAll(async () => {
  fixture = await openOrderWorker();
  service = await fixture.start();
});

afterAll(async () => {
  await service.stop();
  await fixture.close();
});

it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  expect(service.routes).toContainEqual({ method: 'GET', path: '/health/live' });
  await fuzzHttp({ url: service.url, routes: service.routes });
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

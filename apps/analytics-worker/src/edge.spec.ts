import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningService } from '@orderflow/service-kit';
import { fuzzHttp, fuzzSeed, type ServiceFixture } from '@orderflow/service-kit/testing';
import { openAnalyticsWorker } from '../test/open-analytics-worker.js';

const time = { type: 'string', format: 'date-time' };

let fixture: ServiceFixture;
let service: RunningService;

beforeAll(async () => {
  fixture = await openAnalyticsWorker();
  service = await fixture.start();
});

afterAll(async () => {
  await service.stop();
  await fixture.close();
});

it.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59'])(
  'answers for the far ends of time: %s',
  async (time) => {
    const encoded = encodeURIComponent(time);
    for (const query of [`from=${encoded}`, `to=${encoded}`]) {
      expect((await fetch(`${service.url}/analytics/summary?${query}`)).status).toBeLessThan(500);
    }
  },
);

it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  expect(service.routes).toContainEqual({ method: 'GET', path: '/analytics/summary' });
  await fuzzHttp({
    url: service.url,
    routes: service.routes.map((route) => ({ ...route, query: { from: time, to: time } })),
  });
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fuzzHttp, fuzzSeed, type OpenApiDocument, routesOf } from '@orderflow/service-kit/testing';
import { OpsApi } from '../../test/ops-api.js';

let api: OpsApi;
beforeAll(async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY: Buffer.alloc(32, 7).toString('base64') });
});
afterAll(() => api.close());

it(`answers whatever the routes of operations are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  const url = api.replicas[0]?.url ?? '';
  const document = (await api.get('/docs-json')).body as OpenApiDocument;
  const routes = routesOf(document).filter(({ path }) => path.startsWith('/ops'));
  expect(routes.length).toBeGreaterThanOrEqual(25);
  // A stream of events has no end that could be waited for.
  await fuzzHttp({ url, routes: routes.filter(({ path }) => path !== '/ops/events') });
  expect((await api.get('/health/ready')).status).toBe(200);
});

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
import { composeAnalyticsWorker, serviceName } from './compose-analytics-worker.js';
import { configSchema } from './config.js';

const topology = new URL('../../../infra/servicebus/Config.json', import.meta.url);

const time = { type: 'string', format: 'date-time' };

let database: ServiceDatabase;
let broker: Broker;
let service: RunningService;

beforeAll(async () => {
  database = await openServiceDatabase(serviceName, new URL('../migrations/', import.meta.url));
  broker = await startBroker({ topology: parseTopology(readFileSync(topology, 'utf8')) });
  service = await startQuietly(
    { name: serviceName, schema: configSchema, compose: composeAnalyticsWorker },
    {
      DATABASE_URL: database.url,
      SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    },
  );
});

afterAll(async () => {
  await service.stop();
  await broker.close();
  await database.close();
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

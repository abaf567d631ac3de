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
import { composeOrderWorker, serviceName } from './compose-order-worker.js';
import { configSchema } from './config.js';

const topology = new URL('../../../infra/servicebus/Config.json', import.meta.url);

let database: ServiceDatabase;
let broker: Broker;
let service: RunningService;

beforeAll(async () => {
  database = await openServiceDatabase(serviceName, new URL('../migrations/', import.meta.url));
  broker = await startBroker({ topology: parseTopology(readFileSync(topology, 'utf8')) });
  service = await startQuietly(
    { name: serviceName, schema: configSchema, compose: composeOrderWorker },
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

it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  expect(service.routes).toContainEqual({ method: 'GET', path: '/health/live' });
  await fuzzHttp({ url: service.url, routes: service.routes });
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

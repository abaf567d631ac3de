import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { createLogger, createMetrics, loadConfig, type RunningService, startService } from '@orderflow/service-kit';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { configSchema } from '../config.js';
import { effectOf } from './recorder.js';
import { SummaryController } from './summary.controller.js';
import { type Summary, SummaryReader } from './summary.js';

const HOUR_MS = 3_600_000;

let database: ServiceDatabase;
let service: RunningService;

class SummaryOnly {}

beforeAll(async () => {
  database = await openServiceDatabase('analytics-worker', new URL('../../migrations', import.meta.url));
  const config = loadConfig(configSchema, {
    DATABASE_URL: database.url,
    SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
    PORT: '0',
  });
  const logger = createLogger({ name: 'analytics-worker', level: 'silent' });
  const reader = { provide: SummaryReader, useValue: new SummaryReader(database.pool) };
  service = await startService(
    { config, logger, metrics: createMetrics('analytics-worker') },
    { module: { module: SummaryOnly, controllers: [SummaryController], providers: [reader] } },
  );
});

afterAll(async () => {
  await service.stop();
  await database.close();
});

const read = (query = '') => fetch(`${service.url}/analytics/summary${query}`);

it('sums up the last 24 hours, and the minute under way, unless asked otherwise', async () => {
  const { inbox } = createPostgresMessaging(database);
  const hoursAgo = { inside: 23.9, now: 0, outside: 24.1 };
  for (const [type, hours] of Object.entries(hoursAgo)) {
    const at = new Date(Date.now() - hours * HOUR_MS).toISOString();
    await inbox.onceManyWith('spec', [type], effectOf([{ messageId: type, type, at }]));
  }
  const summary = (await (await read()).json()) as Summary;
  expect(summary.events).toEqual({ inside: 1, now: 1 });
});

it('sums up the day before a time that is given alone', async () => {
  expect(await (await read('?to=2026-01-02T12:00:00%2B01:00')).json()).toMatchObject({
    from: '2026-01-01T11:00:00.000Z',
    to: '2026-01-02T11:00:00.000Z',
  });
});

it.each([
  ['ends before it begins', '?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
  ['ends as it begins', '?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z', 'from'],
  ['begins at no time', '?from=yesterday', 'from'],
])('refuses a period that %s', async (_, query, parameter) => {
  const answer = await read(query);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ errors: [expect.objectContaining({ parameter })] }),
  ]);
});

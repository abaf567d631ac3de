import { expect, it } from '@jest/globals';
import { createMemoryTransport } from '@orderflow/messaging/memory';
import { createLogger } from '../logging/create-logger.js';
import { StartupError } from '../startup-error.js';
import type { ServiceParts } from '../service/service-parts.js';
import { createMetrics } from '../telemetry/metrics.js';
import { messagingConfig } from '../testing/messaging-config.js';
import { composeMessagingService } from './compose-messaging-service.js';

const config = messagingConfig('postgres://127.0.0.1:1/books');

/** These parts ask the application for nothing. */
const healthOf = ({ health }: ServiceParts) => health?.(undefined as never) ?? [];

it.each([
  [true, 'live'],
  [false, undefined],
])('ends a service with a stalled receiver only where a restart is the cure: %s', async (restartWhenStalled, kind) => {
  const transport = createMemoryTransport({ topology: { queues: ['books'] } });
  const parts = await composeMessagingService(
    {
      config,
      logger: createLogger({ name: 'books', level: 'silent' }),
      metrics: createMetrics('books'),
      name: 'books',
      queue: 'books',
      contracts: [],
      migrations: [],
      restartWhenStalled,
      module: class {},
    },
    async () => transport,
  );
  expect(Object.fromEntries(healthOf(parts).map((indicator) => [indicator.name, indicator.kind]))).toEqual({
    database: 'ready',
    ...(kind && { receiver: kind }),
    broker: 'degraded',
    consuming: 'degraded',
    outbox: 'degraded',
  });
  await parts.close?.();
  await expect(transport.send([])).rejects.toMatchObject({ code: 'Closed' });
});

it('refuses a broker that cannot do what the service needs, before anything starts', async () => {
  const transport = Object.assign(createMemoryTransport({ topology: { queues: ['books'] } }), {
    capabilities: { scheduling: false, duplicateDetection: true, sessions: true },
  });
  const opening = composeMessagingService(
    {
      config,
      logger: createLogger({ name: 'books', level: 'silent' }),
      metrics: createMetrics('books'),
      name: 'books',
      queue: 'books',
      contracts: [],
      migrations: [],
      restartWhenStalled: true,
      needs: ['scheduling', 'duplicateDetection'],
      module: class {},
    },
    async () => transport,
  );
  await expect(opening).rejects.toBeInstanceOf(StartupError);
  await expect(opening).rejects.toThrow(/^books cannot run here: This broker has no scheduling, which this service/);
  await expect(transport.send([])).rejects.toMatchObject({ code: 'Closed' });
});

import { openServiceFixture, type ServiceFixture } from '@orderflow/service-kit/testing';
import { composeAnalyticsWorker, serviceName } from '../src/compose-analytics-worker.js';
import { configSchema } from '../src/config.js';

/** What analytics-worker needs around it, and how to start it there. */
export const openAnalyticsWorker = (): Promise<ServiceFixture> =>
  openServiceFixture(
    { name: serviceName, schema: configSchema, compose: composeAnalyticsWorker },
    {
      migrations: new URL('../migrations/', import.meta.url),
    },
  );

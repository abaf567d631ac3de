import { openServiceFixture, type ServiceFixture, type ServiceFixtureOptions } from '@orderflow/service-kit/testing';
import { composeOrderWorker, serviceName } from '../src/compose-order-worker.js';
import { configSchema } from '../src/config.js';

/** What order-worker needs around it, and how to start it there. */
export const openOrderWorker = (options: Pick<ServiceFixtureOptions, 'broker'> = {}): Promise<ServiceFixture> =>
  openServiceFixture(
    { name: serviceName, schema: configSchema, compose: composeOrderWorker },
    {
      migrations: new URL('../migrations/', import.meta.url),
      ...options,
    },
  );

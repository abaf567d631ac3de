import { openServiceFixture, type ServiceFixture } from '@orderflow/service-kit/testing';
import { composeBillingWorker, serviceName } from '../src/compose-billing-worker.js';
import { configSchema } from '../src/config.js';

/** What billing-worker needs around it, and how to start it there. */
export const openBillingWorker = (): Promise<ServiceFixture> =>
  openServiceFixture(
    { name: serviceName, schema: configSchema, compose: composeBillingWorker },
    {
      migrations: new URL('../migrations/', import.meta.url),
      env: { PAYMENT_GATEWAY_URL: 'http://127.0.0.1:1' },
    },
  );

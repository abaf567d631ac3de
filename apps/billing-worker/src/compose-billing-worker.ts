import { createCatalogue } from '@orderflow/contracts';
import {
  composeMessagingService,
  type OpenTransport,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import { BillingWorkerModule } from './billing-worker.module.js';
import type { BillingWorkerConfig } from './config.js';

export const serviceName = 'billing-worker';

/** Puts billing-worker together. Nothing listens or connects yet. */
export function composeBillingWorker(
  context: ServiceContext<BillingWorkerConfig>,
  openTransport?: OpenTransport,
): Promise<ServiceParts> {
  return composeMessagingService(
    {
      ...context,
      name: serviceName,
      queue: 'billing',
      contracts: createCatalogue({ defaultCurrency: context.config.DEFAULT_CURRENCY }),
      migrations: ['0001-invoices'],
      restartWhenStalled: true,
      module: BillingWorkerModule,
    },
    openTransport,
  );
}

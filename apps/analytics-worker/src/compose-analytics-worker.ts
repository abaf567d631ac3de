import { createCatalogue } from '@orderflow/contracts';
import {
  composeMessagingService,
  type OpenTransport,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import { AnalyticsWorkerModule } from './analytics-worker.module.js';
import type { AnalyticsWorkerConfig } from './config.js';

export const serviceName = 'analytics-worker';

/** Puts analytics-worker together. Nothing listens or connects yet. */
export function composeAnalyticsWorker(
  context: ServiceContext<AnalyticsWorkerConfig>,
  openTransport?: OpenTransport,
): Promise<ServiceParts> {
  return composeMessagingService(
    {
      ...context,
      name: serviceName,
      queue: 'analytics',
      contracts: createCatalogue({ defaultCurrency: context.config.DEFAULT_CURRENCY }),
      migrations: ['0001-aggregates'],
      restartWhenStalled: true,
      module: AnalyticsWorkerModule,
    },
    openTransport,
  );
}

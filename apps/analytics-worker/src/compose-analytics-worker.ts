import { createCatalogue } from '@orderflow/contracts';
import { Messaging, type ServiceContext, type ServiceParts } from '@orderflow/service-kit';
import type { z } from 'zod';
import { AnalyticsWorkerModule } from './analytics-worker.module.js';
import type { configSchema } from './config.js';

export const serviceName = 'analytics-worker';

/** Puts analytics-worker together. Nothing listens yet. */
export async function composeAnalyticsWorker(
  context: ServiceContext<z.output<typeof configSchema>>,
): Promise<ServiceParts> {
  const contracts = createCatalogue({ defaultCurrency: context.config.DEFAULT_CURRENCY });
  const migrations = ['0001-aggregates'];
  const messaging = await Messaging.open({
    ...context,
    name: serviceName,
    queue: 'analytics',
    contracts,
    migrations,
    restartWhenStalled: true,
  });
  return { ...messaging, module: AnalyticsWorkerModule.of(messaging) };
}

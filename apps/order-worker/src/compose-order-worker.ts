import { createCatalogue } from '@orderflow/contracts';
import {
  composeMessagingService,
  type OpenTransport,
  type ServiceContext,
  type ServiceParts,
} from '@orderflow/service-kit';
import type { OrderWorkerConfig } from './config.js';
import { OrderWorkerModule } from './order-worker.module.js';

export const serviceName = 'order-worker';

/** Puts order-worker together. Nothing listens or connects yet. */
export function composeOrderWorker(
  context: ServiceContext<OrderWorkerConfig>,
  openTransport?: OpenTransport,
): Promise<ServiceParts> {
  const { QUEUE_NAME: queue, DEFAULT_CURRENCY: defaultCurrency } = context.config;
  return composeMessagingService(
    {
      ...context,
      name: serviceName,
      queue,
      passesOn: true,
      contracts: createCatalogue({ defaultCurrency }),
      migrations: ['0001-decisions'],
      restartWhenStalled: true,
      module: OrderWorkerModule,
    },
    openTransport,
  );
}

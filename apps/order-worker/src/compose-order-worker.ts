import { createCatalogue } from '@orderflow/contracts';
import { Messaging, type ServiceContext, type ServiceParts } from '@orderflow/service-kit';
import type { z } from 'zod';
import type { configSchema } from './config.js';
import { Decisions } from './decisions/decisions.js';
import { OrderWorkerModule } from './order-worker.module.js';

export const serviceName = 'order-worker';

/** Puts order-worker together. Nothing listens yet. */
export async function composeOrderWorker(
  context: ServiceContext<z.output<typeof configSchema>>,
): Promise<ServiceParts> {
  const {
    QUEUE_NAME: queue,
    TOPIC_NAME: topic,
    DEFAULT_CURRENCY: defaultCurrency,
    ORDER_TOTAL_LIMIT: totalLimit,
  } = context.config;
  const contracts = createCatalogue({ defaultCurrency });
  const migrations = ['0001-decisions'];
  const messaging = await Messaging.open({
    ...context,
    name: serviceName,
    queue,
    contracts,
    migrations,
    restartWhenStalled: true,
  });
  const decisions = new Decisions({ ...messaging, topic, rules: { totalLimit } });
  return { ...messaging, module: OrderWorkerModule.of(messaging, decisions) };
}

import { createCatalogue } from '@orderflow/contracts';
import { Messaging, runService } from '@orderflow/service-kit';
import { configSchema } from './config.js';
import { Decisions } from './decisions/decisions.js';
import { OrderWorkerModule } from './order-worker.module.js';

const name = 'order-worker';

await runService({
  name,
  schema: configSchema,
  compose: async (context) => {
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
      name,
      queue,
      contracts,
      migrations,
      restartWhenStalled: true,
    });
    const decisions = new Decisions({ ...messaging, topic, rules: { totalLimit } });
    return { ...messaging, module: OrderWorkerModule.of(messaging, decisions) };
  },
});

import { createCatalogue } from '@orderflow/contracts';
import { Messaging, runService } from '@orderflow/service-kit';
import { AnalyticsWorkerModule } from './analytics-worker.module.js';
import { configSchema } from './config.js';

const name = 'analytics-worker';

await runService({
  name,
  schema: configSchema,
  compose: async (context) => {
    const contracts = createCatalogue({ defaultCurrency: context.config.DEFAULT_CURRENCY });
    const migrations = ['0001-aggregates'];
    const messaging = await Messaging.open({
      ...context,
      name,
      queue: 'analytics',
      contracts,
      migrations,
      restartWhenStalled: true,
    });
    return { ...messaging, module: AnalyticsWorkerModule.of(messaging) };
  },
});

import { runService } from '@orderflow/service-kit';
import { composeAnalyticsWorker, serviceName } from './compose-analytics-worker.js';
import { configSchema } from './config.js';

await runService({ name: serviceName, schema: configSchema, compose: composeAnalyticsWorker });

import { runService } from '@orderflow/service-kit';
import { composeBillingWorker, serviceName } from './compose-billing-worker.js';
import { configSchema } from './config.js';

await runService({ name: serviceName, schema: configSchema, compose: composeBillingWorker });

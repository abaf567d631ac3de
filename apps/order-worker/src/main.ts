import { runService } from '@orderflow/service-kit';
import { composeOrderWorker, serviceName } from './compose-order-worker.js';
import { configSchema } from './config.js';

await runService({ name: serviceName, schema: configSchema, compose: composeOrderWorker });

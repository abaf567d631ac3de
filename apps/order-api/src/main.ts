import { runService } from '@orderflow/service-kit';
import { composeOrderApi, serviceName } from './compose-order-api.js';
import { configSchema } from './config.js';

await runService({ name: serviceName, schema: configSchema, compose: composeOrderApi });

import { runService } from '@orderflow/service-kit';
import { connectBroker } from './broker/connect-broker.js';
import { composeOrderApi, serviceName } from './compose-order-api.js';
import { orderApiConfig } from './config.js';

await runService({
  name: serviceName,
  schema: orderApiConfig,
  compose: (context) => composeOrderApi(context, connectBroker),
});

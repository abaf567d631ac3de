import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  duration,
  orderedVariables,
  paymentGatewayVariables,
  port,
  processVariables,
  requireBrokerAddress,
  requireRetryPolicy,
  tracingVariables,
  variable,
} from '@orderflow/service-kit';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** The environment variables of billing-worker. */
export const configSchema = requireRetryPolicy(
  requireBrokerAddress(
    z.object({
      PORT: port(3002),
      ...processVariables,
      ...accessVariables,
      ...tracingVariables,
      ...brokerVariables,
      ...databaseVariables,
      ...consumerVariables,
      ...orderedVariables,
      ...currencyVariables,
      ...paymentGatewayVariables,
      PAYMENT_GATEWAY_TIMEOUT: variable(duration(1, 60_000).prefault('PT5S'), {
        description: 'How long one call of the payment gateway may take',
        example: 'PT5S',
      }),
      PAYMENT_GATEWAY_KEY_LIFETIME: variable(duration(0, 30 * DAY_MS).prefault('PT24H'), {
        description:
          'How long the gateway remembers an idempotency key; after that a charge is looked up before it is made',
        example: 'PT24H',
      }),
    }),
  ),
);

export type BillingWorkerConfig = z.output<typeof configSchema>;

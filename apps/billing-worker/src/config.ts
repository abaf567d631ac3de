import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  duration,
  paymentGatewayVariables,
  port,
  processVariables,
  requireBrokerAddress,
  variable,
  wholeNumber,
} from '@orderflow/service-kit';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** The environment variables of billing-worker. */
export const configSchema = requireBrokerAddress(
  z.object({
    PORT: port(3002),
    ...processVariables,
    ...accessVariables,
    ...brokerVariables,
    ...databaseVariables,
    ...consumerVariables,
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
    CIRCUIT_FAILURES: variable(wholeNumber(1, 1_000).prefault('10'), {
      description: 'Failed calls in a row after which the gateway is left alone for a while',
      example: '10',
    }),
    CIRCUIT_OPEN_TIME: variable(duration(1, 600_000).prefault('PT5S'), {
      description: 'How long that while is',
      example: 'PT5S',
    }),
  }),
);

export type BillingWorkerConfig = z.output<typeof configSchema>;

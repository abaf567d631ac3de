import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  orderedVariables,
  port,
  processVariables,
  requireBrokerAddress,
  requireRetryPolicy,
  tracingVariables,
  variable,
  wholeNumber,
} from '@orderflow/service-kit';
import { z } from 'zod';

/** The environment variables of order-worker. */
export const configSchema = requireRetryPolicy(
  requireBrokerAddress(
    z.object({
      PORT: port(3001),
      ...processVariables,
      ...accessVariables,
      ...tracingVariables,
      ...brokerVariables,
      ...databaseVariables,
      ...consumerVariables,
      ...orderedVariables,
      ...currencyVariables,
      ORDER_TOTAL_LIMIT: variable(wholeNumber(1, 1e14).prefault('10000000'), {
        description: 'The highest total of an order, in minor units of its currency; above it an order is rejected',
        example: '10000000',
      }),
    }),
  ),
);

export type OrderWorkerConfig = z.output<typeof configSchema>;

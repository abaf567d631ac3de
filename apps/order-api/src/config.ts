import {
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  duration,
  labVariables,
  port,
  processVariables,
  requireBrokerAddress,
  variable,
  wholeNumber,
} from '@orderflow/service-kit';
import { z } from 'zod';

/** The variables that only order-api has. */
export const orderApiVariables = {
  ORDER_STATUS_QUEUE_NAME: variable(z.string().min(1).default('order-status'), {
    description: 'Queue that tells order-api what became of orders',
    example: 'order-status',
  }),
  DATABASE_POOL_SIZE: variable(wholeNumber(5, 200).prefault('20'), {
    description: 'Database connections at most; the relay and the consumer use some of them',
    example: '20',
  }),
  LOCK_TIMEOUT: variable(duration(1, 25_000).prefault('3s'), {
    description: 'How long a request waits for an earlier one with its Idempotency-Key before it is told to come back',
    example: '3s',
  }),
};

/** Everything order-api reads from the environment. */
export const orderApiConfig = requireBrokerAddress(
  z.object({
    PORT: port(3_000),
    ...processVariables,
    ...brokerVariables,
    ...databaseVariables,
    ...consumerVariables,
    ...labVariables,
    ...currencyVariables,
    ...orderApiVariables,
  }),
);

export type OrderApiConfig = z.output<typeof orderApiConfig>;

import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  duration,
  labVariables,
  orderedVariables,
  port,
  processVariables,
  requireBrokerAddress,
  requireRetryPolicy,
  tracingVariables,
  variable,
} from '@orderflow/service-kit';
import { z } from 'zod';
import { opsVariables, requireWebhookSecret } from './ops/ops-variables.js';

/** The environment variables of order-api. */
export const configSchema = requireRetryPolicy(
  requireBrokerAddress(
    requireWebhookSecret(
      z.object({
        PORT: port(3_000),
        ...processVariables,
        ...accessVariables,
        ...tracingVariables,
        ...brokerVariables,
        ...databaseVariables,
        ...consumerVariables,
        ...orderedVariables,
        ...labVariables,
        ...currencyVariables,
        ...opsVariables,
        LOCK_TIMEOUT: variable(duration(1, 25_000).prefault('3s'), {
          description: 'How long a request waits for an earlier one with its Idempotency-Key before it is answered 409',
          example: '3s',
        }),
      }),
    ),
  ),
);

export type OrderApiConfig = z.output<typeof configSchema>;

import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  port,
  processVariables,
  requireBrokerAddress,
  requireRetryPolicy,
  tracingVariables,
} from '@orderflow/service-kit';
import { z } from 'zod';

/** The environment variables of analytics-worker. */
export const configSchema = requireRetryPolicy(
  requireBrokerAddress(
    z.object({
      PORT: port(3003),
      ...processVariables,
      ...accessVariables,
      ...tracingVariables,
      ...brokerVariables,
      ...databaseVariables,
      ...consumerVariables,
      ...currencyVariables,
    }),
  ),
);

export type AnalyticsWorkerConfig = z.output<typeof configSchema>;

import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeConfig } from './describe-config.js';
import {
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  labVariables,
  paymentGatewayVariables,
  port,
  processVariables,
} from './variables.js';

it('docs/configuration.md has the table that the schemas make', () => {
  const table = describeConfig([
    { readBy: 'order-api', variables: { PORT: port(3000), ...labVariables } },
    { readBy: 'order-worker', variables: { PORT: port(3001) } },
    { readBy: 'billing-worker', variables: { PORT: port(3002), ...paymentGatewayVariables } },
    { readBy: 'analytics-worker', variables: { PORT: port(3003) } },
    { readBy: 'all', variables: { ...processVariables, ...brokerVariables, ...databaseVariables } },
    { readBy: 'all', variables: { ...consumerVariables, ...currencyVariables } },
  ]);
  expect(readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')).toContain(table);
});

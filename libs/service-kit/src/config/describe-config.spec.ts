import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeConfig } from './describe-config.js';
import { tracingVariables } from './tracing-variables.js';
import {
  accessVariables,
  brokerVariables,
  consumerVariables,
  currencyVariables,
  databaseVariables,
  processVariables,
} from './variables.js';

it('docs/configuration.md has the table that the shared variables make', () => {
  const table = describeConfig({
    ...processVariables,
    ...accessVariables,
    ...tracingVariables,
    ...brokerVariables,
    ...databaseVariables,
    ...consumerVariables,
    ...currencyVariables,
  });
  expect(readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')).toContain(table);
});

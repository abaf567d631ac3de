import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeVariables } from '@orderflow/service-kit';
import { orderApiConfig } from './config.js';

it('documents every variable as it is', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8').split('\n');
  expect(describeVariables(orderApiConfig.shape).filter((row) => !page.includes(row))).toEqual([]);
});

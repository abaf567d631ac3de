import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeVariables } from '@orderflow/service-kit';
import { configSchema } from './config.js';

it('documents every variable as it is', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8').split('\n');
  expect(describeVariables(configSchema.shape).filter((row) => !page.includes(row))).toEqual([]);
});

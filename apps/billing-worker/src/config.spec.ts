import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeVariables } from '@orderflow/service-kit';
import { rowsUnder } from '@orderflow/service-kit/testing';
import { configSchema } from './config.js';

it('documents every variable as it is, and no other', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const documented = [...rowsUnder('Every app', page), ...rowsUnder('billing-worker', page)];
  expect(documented.sort()).toEqual([...describeVariables(configSchema.shape)].sort());
});

import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONFIGURATIONS, TERRAFORM_ROOT } from './modules.ts';
import { checkDirectory } from './schema-check.ts';

describe('without Terraform, HCL against the schema of azurerm 4.73.0', () => {
  it.each(CONFIGURATIONS)('finds nothing wrong with %s', async (configuration) => {
    expect(await checkDirectory(join(TERRAFORM_ROOT, configuration))).toEqual([]);
  });
});

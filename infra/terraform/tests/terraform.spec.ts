import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { CONFIGURATIONS, TERRAFORM_ROOT } from './modules.ts';
import { Terraform } from './terraform.ts';

describe('Terraform, validated against azurerm 4.73.0 and never applied to Azure', () => {
  let terraform: Terraform;

  beforeAll(async () => {
    terraform = await Terraform.start();
  });
  afterAll(() => terraform.close());

  it('is formatted', async () => {
    const { output } = await terraform.run(TERRAFORM_ROOT, 'fmt', '-check', '-recursive', '-diff');
    expect(output).toBe('');
  });

  it.each(CONFIGURATIONS)('%s is valid and passes its tests', async (configuration) => {
    const directory = join(TERRAFORM_ROOT, configuration);
    const initialised = await terraform.run(directory, 'init', '-backend=false', '-no-color');
    expect(initialised).toMatchObject({ code: 0 });
    const validated = await terraform.run(directory, 'validate', '-no-color');
    expect(validated.output).toContain('The configuration is valid.');
    const tested = await terraform.run(directory, 'test', '-no-color');
    expect(tested.output).toMatch(/Success! [1-9]\d* passed, 0 failed\./);
  });
});

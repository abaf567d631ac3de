import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { TerraformCopy } from './environment-plan.ts';
import { FAULTS } from './faults.ts';
import { CONFIGURATIONS, TERRAFORM_ROOT } from './modules.ts';
import { checkDirectory } from './schema-check.ts';

describe('without Terraform, HCL against the schema of azurerm 4.73.0', () => {
  it.each(CONFIGURATIONS)('finds nothing wrong with %s', async (configuration) => {
    expect(await checkDirectory(join(TERRAFORM_ROOT, configuration))).toEqual([]);
  });
});

/** What needs no evaluation. The other faults are seen by Terraform only: that is what its absence costs. */
const CAUGHT = [
  'an argument of azurerm 3',
  'a misspelt argument',
  'a missing required argument',
  'a block that does not exist',
  'a second single block',
  'an undeclared variable',
  'a module without a variable it needs',
  'a severity out of range',
  'an evaluation frequency that is not offered',
  'a scaler key that KEDA does not read',
  'a TLS version that is too old',
  'a filter type that does not exist',
];

describe('without Terraform, a seeded fault is caught', () => {
  const copy = new TerraformCopy();
  afterAll(() => copy.remove());

  it.each(CAUGHT)('%s', async (name) => {
    const fault = FAULTS.find((each) => each.name === name);
    if (!fault) throw new Error(`no fault is called ${name}`);
    const { file, find, replace } = fault;
    const path = join(copy.root, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, original.replaceAll(find, replace));
    try {
      expect(await checkDirectory(join(path, '..'))).not.toEqual([]);
    } finally {
      writeFileSync(path, original);
    }
  });
});

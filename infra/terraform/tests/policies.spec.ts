import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { READ_BY_AZURE_SDK, variablesToSet } from './app-variables.ts';
import { type Environment, type PlannedResource, TerraformCopy } from './environment-plan.ts';
import { environmentVariables, POLICIES } from './policies.ts';
import { Terraform } from './terraform.ts';

describe.each(['dev', 'prod'] as const)('the plan of environments/%s', (environment: Environment) => {
  let plan: readonly PlannedResource[];
  const copy = new TerraformCopy();

  beforeAll(async () => {
    const azurerm = await Terraform.start();
    const named = await Terraform.start('named');
    try {
      for (const terraform of [azurerm, named]) {
        const initialised = await terraform.run(copy.directory(environment), 'init', '-no-color');
        if (initialised.code !== 0) throw new Error(initialised.output);
        plan = await copy.plan(terraform, environment);
      }
    } finally {
      await azurerm.close();
      await named.close();
    }
  });
  afterAll(() => copy.remove());

  it.each(Object.entries(POLICIES))('%s', (_, policy) => {
    expect(policy(plan, environment)).toEqual([]);
  });

  it.each([...variablesToSet()])('%s is given the variables of its config schema', (app, variables) => {
    expect([...(environmentVariables(plan).get(app) ?? [])].sort()).toEqual(
      [...variables, ...READ_BY_AZURE_SDK].sort(),
    );
  });
});

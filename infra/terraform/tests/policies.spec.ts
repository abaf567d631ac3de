import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Environment, ENVIRONMENTS, type Plan, TerraformCopy } from './environment-plan.ts';
import { POLICIES } from './policies.ts';
import { checkOrder } from './policies/dependencies.ts';
import type { Dependencies } from './resource-graph.ts';
import { Terraform } from './terraform.ts';

describe.each(ENVIRONMENTS)('the plan of environments/%s', (environment: Environment) => {
  let plan: Plan;
  let dependencies: Dependencies;
  const copy = new TerraformCopy();

  beforeAll(async () => {
    const terraform = await Terraform.start('named');
    try {
      const initialised = await terraform.run(copy.directory(environment), 'init', '-no-color');
      if (initialised.code !== 0) throw new Error(initialised.output);
      plan = await copy.plan(terraform, environment);
      dependencies = await copy.dependencies(terraform, environment);
    } finally {
      await terraform.close();
    }
  });
  afterAll(() => copy.remove());

  it('has apps and jobs come after what they need', () => {
    expect(checkOrder(dependencies)).toEqual([]);
  });

  it.each(Object.entries(POLICIES))('%s', (_, policy) => {
    expect(policy(plan, environment)).toEqual([]);
  });
});

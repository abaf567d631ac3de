import { join } from 'node:path';
import type { OpenSuite } from '../../seeded-faults/suites.ts';
import { type Environment, TerraformCopy } from './environment-plan.ts';
import { POLICIES } from './policies.ts';
import { Terraform } from './terraform.ts';

const ENVIRONMENTS: readonly Environment[] = ['prod', 'dev'];

/** What validate, a plan and the policies say of each environment of a copy of the repository. */
export async function checkTerraformCopy(root: string): Promise<OpenSuite> {
  const copy = new TerraformCopy(join(root, 'infra/terraform'));
  const terraform = await Terraform.start('named');
  for (const environment of ENVIRONMENTS) {
    const { code, output } = await terraform.run(copy.directory(environment), 'init', '-no-color');
    if (code !== 0) throw new Error(output);
  }
  const complaintsAbout = async (environment: Environment): Promise<readonly string[]> => {
    try {
      const plan = await copy.plan(terraform, environment);
      return Object.values(POLICIES).flatMap((policy) => policy(plan, environment));
    } catch (error) {
      return [(error as Error).message];
    }
  };
  return {
    complaints: async () => (await Promise.all(ENVIRONMENTS.map(complaintsAbout))).flat(),
    close: () => terraform.close(),
  };
}

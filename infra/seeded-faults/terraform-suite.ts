import { join } from 'node:path';
import { type Environment, ENVIRONMENTS, TerraformCopy } from '../terraform/tests/environment-plan.ts';
import { POLICIES } from '../terraform/tests/policies.ts';
import { checkOrder } from '../terraform/tests/policies/dependencies.ts';
import { Terraform } from '../terraform/tests/terraform.ts';
import type { OpenSuite } from './suite.ts';

/** What a change of these files is looked at in: an environment's own file in that environment, a module's in prod. */
function environmentsOf(files: readonly string[]): readonly Environment[] {
  const own = files.map((file) => ENVIRONMENTS.find((name) => file.includes(`/environments/${name}/`)) ?? 'prod');
  return [...new Set(own)];
}

/** What Terraform, the policies and the order of creation say of each environment of a copy of the repository. */
export async function openTerraformSuite(root: string): Promise<OpenSuite> {
  const copy = new TerraformCopy(join(root, 'infra/terraform'));
  const terraform = await Terraform.start('named');
  for (const environment of ENVIRONMENTS) {
    const { code, output } = await terraform.run(copy.directory(environment), 'init', '-no-color');
    if (code !== 0) throw new Error(output);
  }
  /** Of what does not plan nothing more can be said; the order of creation is asked for when all else is well. */
  const complaintsAbout = async (environment: Environment): Promise<readonly string[]> => {
    try {
      const plan = await copy.plan(terraform, environment);
      const complaints = Object.values(POLICIES).flatMap((policy) => policy(plan, environment));
      return complaints.length > 0 ? complaints : checkOrder(await copy.dependencies(terraform, environment));
    } catch (error) {
      return [(error as Error).message];
    }
  };
  return {
    complaints: async (changed) => {
      const environments = changed === undefined ? ENVIRONMENTS : environmentsOf(changed);
      return (await Promise.all(environments.map(complaintsAbout))).flat();
    },
    close: () => terraform.close(),
  };
}

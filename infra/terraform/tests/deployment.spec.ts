import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TerraformCopy, type Environment, type PlannedResource } from './environment-plan.ts';
import { TERRAFORM_ROOT } from './modules.ts';
import { Terraform } from './terraform.ts';

/** The targets of the first apply, as docs/deploy.md gives them. */
const page = readFileSync(join(TERRAFORM_ROOT, '../../docs/deploy.md'), 'utf8');
const targets = [...page.matchAll(/-target='?([\w.-]+)/g)].map(([, target]) => `-target=${target}`);

describe('the first deployment', () => {
  let terraform: Terraform;
  let copy: TerraformCopy;

  beforeAll(async () => {
    // Nothing computed is known, as before a real first apply: what depends on it must be plannable all the same.
    terraform = await Terraform.start('unknown');
    copy = new TerraformCopy();
  });
  afterAll(async () => {
    copy.remove();
    await terraform.close();
  });

  it.each<Environment>(['dev', 'prod'])(
    'makes everything that the apps of %s need, and not yet the apps',
    async (environment) => {
      expect(targets.length).toBeGreaterThan(2);
      const directory = copy.directory(environment);
      expect(await terraform.run(directory, 'init', '-no-color')).toMatchObject({ code: 0 });
      const { resources: first, outputs } = await copy.plan(terraform, environment, { targets });
      const { resources: all } = await copy.plan(terraform, environment);
      const addresses = new Set(first.map(({ address }) => address));
      const later = all.filter(({ address }) => !addresses.has(address));
      expect(Object.keys(outputs)).toEqual(expect.arrayContaining(['resource_group', 'key_vault_name']));
      expect(ofType(first, 'azurerm_container_app_job')).toHaveLength(4);
      expect(ofType(first, 'azurerm_container_app')).toEqual([]);
      const belongToApps = /\.module\.alerts\.|azurerm_(container_app|monitor_diagnostic_setting)\./;
      expect(later.filter(({ address }) => !belongToApps.test(address))).toEqual([]);
      expect(ofType(later, 'azurerm_container_app').length).toBeGreaterThanOrEqual(4);
    },
  );
});

function ofType(resources: readonly PlannedResource[], type: string): readonly PlannedResource[] {
  return resources.filter((resource) => resource.type === type);
}

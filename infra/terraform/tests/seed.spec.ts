import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Plan, TerraformCopy } from './environment-plan.ts';
import { Terraform } from './terraform.ts';

let terraform: Terraform;
let plan: Plan;
const copy = new TerraformCopy();

beforeAll(async () => {
  terraform = await Terraform.start('named');
  const directory = copy.directory('dev');
  copyFileSync(join(import.meta.dirname, 'seed.tfvars.txt'), join(directory, 'seed.tfvars'));
  expect(await terraform.run(directory, 'init', '-no-color')).toMatchObject({ code: 0 });
  plan = await copy.plan(terraform, 'dev', { variables: 'seed.tfvars' });
});
afterAll(async () => {
  await terraform.close();
  copy.remove();
});

it('plans environments/dev with the variables of the seed', () => {
  expect(plan.outputs).toMatchObject({
    resource_group: 'ams-demo-rg',
    namespace_name: expect.stringMatching(/^ams-demo-bus-[0-9a-f]{4}$/),
    queue_name: 'orders',
    topic_name: 'events',
  });
  expect(plan.resources.length).toBeGreaterThan(50);
});

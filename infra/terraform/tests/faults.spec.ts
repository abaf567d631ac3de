import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Environment, TerraformCopy } from './environment-plan.ts';
import { FAULTS } from './faults.ts';
import { POLICIES } from './policies.ts';
import { Terraform } from './terraform.ts';
const ENVIRONMENTS: readonly Environment[] = ['prod', 'dev'];

describe('a seeded fault is caught', () => {
  let terraform: Terraform;
  const copy = new TerraformCopy();

  beforeAll(async () => {
    terraform = await Terraform.start('named');
    for (const environment of ENVIRONMENTS) {
      expect(await terraform.run(copy.directory(environment), 'init', '-no-color')).toMatchObject({ code: 0 });
    }
    expect(await complaintsAboutCopy()).toEqual([]);
  });
  afterAll(async () => {
    await terraform.close();
    copy.remove();
  });

  /** What validate, plan and the policies say; nothing when all is well. The first environment that objects is enough. */
  async function complaintsAboutCopy(): Promise<readonly string[]> {
    for (const environment of ENVIRONMENTS) {
      try {
        const plan = await copy.plan(terraform, environment);
        const complaints = Object.values(POLICIES).flatMap((policy) => policy(plan, environment));
        if (complaints.length > 0) return complaints;
      } catch (error) {
        return [(error as Error).message];
      }
    }
    return [];
  }

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s', async (_, { file, find, replace, says }) => {
    const path = join(copy.root, file);
    const original = readFileSync(path, 'utf8');
    const faulty = original.replaceAll(find, replace);
    expect(faulty).not.toBe(original);
    writeFileSync(path, faulty);
    try {
      expect((await complaintsAboutCopy()).join('\n').replaceAll(/\s+/g, ' ')).toContain(says);
    } finally {
      writeFileSync(path, original);
    }
  });
});

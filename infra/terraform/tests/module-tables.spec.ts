import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseHcl } from './hcl.ts';
import { renderReadme } from './module-tables.ts';
import { CONFIGURATIONS, TERRAFORM_ROOT } from './modules.ts';

type Declarations = Readonly<Record<string, readonly [{ readonly description?: string }]>>;

describe('generated tables', () => {
  it.each(CONFIGURATIONS)('README.md of %s is up to date (npx nx run infra:tables)', async (configuration) => {
    const directory = join(TERRAFORM_ROOT, configuration);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toBe(await renderReadme(directory));
  });

  it.each(CONFIGURATIONS)('every variable and output of %s is described', async (configuration) => {
    const directory = join(TERRAFORM_ROOT, configuration);
    const { variable = {} } = await parseHcl(join(directory, 'variables.tf'));
    const { output = {} } = await parseHcl(join(directory, 'outputs.tf'));
    const declared = Object.entries({ ...(variable as Declarations), ...(output as Declarations) });
    const silent = declared.filter(([, [body]]) => !body.description).map(([name]) => name);
    expect(silent).toEqual([]);
  });
});

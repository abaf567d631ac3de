/** Writes the README.md of every module and environment: `npx nx run infra:tables`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReadme } from './module-tables.ts';
import { CONFIGURATIONS, TERRAFORM_ROOT } from './modules.ts';

for (const configuration of CONFIGURATIONS) {
  const directory = join(TERRAFORM_ROOT, configuration);
  writeFileSync(join(directory, 'README.md'), await renderReadme(directory));
}

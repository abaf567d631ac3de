import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const TERRAFORM_ROOT = join(import.meta.dirname, '..');

const directoriesOf = (parent: string): readonly string[] =>
  readdirSync(join(TERRAFORM_ROOT, parent)).map((name) => join(parent, name));

/** Every folder with configuration, as `modules/x` or `environments/x`. */
export const CONFIGURATIONS = [...directoriesOf('modules'), ...directoriesOf('environments')];

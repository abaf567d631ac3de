import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TERRAFORM_ROOT } from './modules.ts';
import type { Terraform } from './terraform.ts';

export type Environment = 'dev' | 'prod';

/** A value as `terraform show -json` prints it. */
export type PlannedValue =
  | null
  | boolean
  | number
  | string
  | readonly PlannedValue[]
  | { readonly [name: string]: PlannedValue };

export interface PlannedResource {
  readonly address: string;
  readonly type: string;
  readonly values: { readonly [name: string]: PlannedValue };
}

interface PlannedModule {
  readonly resources?: readonly PlannedResource[];
  readonly child_modules?: readonly PlannedModule[];
}

/** A copy of infra/terraform in a temporary folder, or one that was made already: plans need a backend. */
export class TerraformCopy {
  readonly root: string;

  constructor(copied?: string) {
    this.root = copied ?? mkdtempSync(join(tmpdir(), 'orderflow-infra-'));
    if (copied === undefined) cpSync(TERRAFORM_ROOT, this.root, { recursive: true });
    const local = 'terraform {\n  backend "local" {}\n}\n';
    for (const environment of ['dev', 'prod']) {
      writeFileSync(join(this.root, 'environments', environment, 'backend_override.tf'), local);
    }
  }

  directory(environment: Environment): string {
    return join(this.root, 'environments', environment);
  }

  /** Plans an environment with its example variables; throws what Terraform printed when that fails. */
  async plan(
    terraform: Terraform,
    environment: Environment,
    ...more: readonly string[]
  ): Promise<readonly PlannedResource[]> {
    const directory = this.directory(environment);
    const file = join(directory, 'plan');
    const planned = await terraform.run(
      directory,
      'plan',
      '-input=false',
      '-no-color',
      '-refresh=false',
      '-lock=false',
      '-var-file=terraform.tfvars.example',
      `-out=${file}`,
      ...more,
    );
    if (planned.code !== 0) throw new Error(planned.output);
    const shown = await terraform.run(directory, 'show', '-json', file);
    if (shown.code !== 0) throw new Error(shown.output);
    const { planned_values } = JSON.parse(shown.stdout) as {
      readonly planned_values: { readonly root_module: PlannedModule };
    };
    return resourcesOf(planned_values.root_module);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const resourcesOf = ({ resources = [], child_modules = [] }: PlannedModule): readonly PlannedResource[] => [
  ...resources,
  ...child_modules.flatMap(resourcesOf),
];

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TERRAFORM_ROOT } from './modules.ts';
import { type Dependencies, readDependencies } from './resource-graph.ts';
import type { Terraform } from './terraform.ts';

/** Every root configuration: one state each. */
export const ENVIRONMENTS = ['prod', 'dev', 'prod-locks'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** Production is planned with a cluster beside Container Apps, so that the policies see both. */
const IN_A_CLUSTER: Readonly<Record<Environment, readonly string[]>> = {
  prod: ['-var=kubernetes_issuer_url=https://oidc.example.com/orderflow'],
  dev: [],
  'prod-locks': [],
};

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

/** What a plan would make of nothing. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly outputs: Readonly<Record<string, PlannedValue>>;
}

interface PlannedModule {
  readonly resources?: readonly PlannedResource[];
  readonly child_modules?: readonly PlannedModule[];
}

export interface PlanOptions {
  /** File of variables, relative to the environment; the example is the default. */
  readonly variables?: string;
  /** `-target=…`, for a plan of these and what they need. */
  readonly targets?: readonly string[];
}

/** A copy of infra/terraform in a temporary folder, or one that was made already: plans need a backend. */
export class TerraformCopy {
  readonly root: string;

  constructor(copied?: string) {
    this.root = copied ?? mkdtempSync(join(tmpdir(), 'orderflow-infra-'));
    if (copied === undefined) cpSync(TERRAFORM_ROOT, this.root, { recursive: true });
    const local = 'terraform {\n  backend "local" {}\n}\n';
    for (const environment of ENVIRONMENTS) {
      writeFileSync(join(this.root, 'environments', environment, 'backend_override.tf'), local);
    }
  }

  directory(environment: Environment): string {
    return join(this.root, 'environments', environment);
  }

  /** Plans an environment; throws what Terraform printed when that fails. */
  async plan(
    terraform: Terraform,
    environment: Environment,
    { variables = 'terraform.tfvars.example', targets = [] }: PlanOptions = {},
  ): Promise<Plan> {
    const directory = this.directory(environment);
    const file = join(directory, 'plan');
    const planned = await terraform.run(
      directory,
      'plan',
      '-input=false',
      '-no-color',
      '-refresh=false',
      '-lock=false',
      `-var-file=${variables}`,
      `-out=${file}`,
      ...IN_A_CLUSTER[environment],
      ...targets,
    );
    if (planned.code !== 0) throw new Error(planned.output);
    const shown = await terraform.run(directory, 'show', '-json', file);
    if (shown.code !== 0) throw new Error(shown.output);
    const { planned_values } = JSON.parse(shown.stdout) as {
      readonly planned_values: {
        readonly root_module: PlannedModule;
        readonly outputs?: Readonly<Record<string, { readonly value?: PlannedValue }>>;
      };
    };
    const outputs = Object.entries(planned_values.outputs ?? {}).map(([name, { value = null }]) => [name, value]);
    return {
      resources: resourcesOf(planned_values.root_module),
      outputs: Object.fromEntries(outputs) as Plan['outputs'],
    };
  }

  /** What every resource of an environment waits for; throws what Terraform printed when that fails. */
  async dependencies(terraform: Terraform, environment: Environment): Promise<Dependencies> {
    const { code, stdout, output } = await terraform.run(this.directory(environment), 'graph');
    if (code !== 0) throw new Error(output);
    return readDependencies(stdout);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const resourcesOf = ({ resources = [], child_modules = [] }: PlannedModule): readonly PlannedResource[] => [
  ...resources,
  ...child_modules.flatMap(resourcesOf),
];

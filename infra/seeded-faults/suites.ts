import { composeProblems } from '../compose/compose-problems.ts';
import { dockerfileProblems } from '../images/dockerfile-problems.ts';
import { guideProblems } from '../kubernetes/tests/guide-problems.ts';
import { kubernetesProblems } from '../kubernetes/tests/kubernetes-problems.ts';
import { unknownFields } from '../kubernetes/tests/unknown-fields.ts';
import { prometheusProblems } from '../prometheus/tests/prometheus-problems.ts';
import { promtoolProblems } from '../prometheus/tests/promtool.ts';
import { runbookProblems } from '../prometheus/tests/runbook.ts';
import { checkTerraformCopy } from '../terraform/tests/check-copy.ts';
import { CONFIGURATIONS } from '../terraform/tests/modules.ts';
import { checkDirectory } from '../terraform/tests/schema-check.ts';
import { join } from 'node:path';

/** A suite opened on a copy of the repository's files: what it has to say about them as they are now. */
export interface OpenSuite {
  /**
   * Nothing when all is well. Where only some files changed since all was well, a suite may leave out what they have no
   * part in; without `changed` it looks at everything.
   */
  complaints(changed?: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface Suite {
  /** The tool of `optional-tools.mjs` without which it does not run. */
  readonly needs?: string;
  open(root: string): Promise<OpenSuite>;
}

/** A suite that only reads files. */
const reading = (complaints: (root: string) => Promise<readonly string[]>): Suite => ({
  open: (root) => Promise.resolve({ complaints: () => complaints(root), close: () => Promise.resolve() }),
});

export const SUITES = {
  /** Terraform itself with the schema-only provider: validate, plan, value rules, policies. */
  terraform: { needs: 'Terraform', open: checkTerraformCopy },
  /** What is left of it where there is no Terraform: HCL against the schema. */
  hcl: reading(async (root) =>
    (
      await Promise.all(CONFIGURATIONS.map((directory) => checkDirectory(join(root, 'infra/terraform', directory))))
    ).flat(),
  ),
  /** The manifests as they are written. */
  kubernetes: reading(kubernetesProblems),
  /** The manifests against the published types: fields that the API would refuse as unknown. */
  fields: reading(unknownFields),
  /** Every command of docs/kubernetes.md, and what kubectl builds for it. */
  guide: { needs: 'kubectl', ...reading(guideProblems) },
  compose: reading(composeProblems),
  /** The Dockerfile, read and not built. */
  dockerfile: reading(dockerfileProblems),
  prometheus: reading(prometheusProblems),
  /** The alert rules, run on series that somebody wrote. */
  promtool: { needs: 'promtool', ...reading(promtoolProblems) },
  /** docs/runbook.md against every alert, of Prometheus and of Azure. */
  runbook: reading(runbookProblems),
} satisfies Readonly<Record<string, Suite>>;

export type SuiteName = keyof typeof SUITES;

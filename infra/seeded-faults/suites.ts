import { composeProblems } from '../compose/compose-problems.ts';
import { dockerfileProblems } from '../images/dockerfile-problems.ts';
import { guideProblems } from '../kubernetes/tests/guide-problems.ts';
import { kubernetesProblems } from '../kubernetes/tests/kubernetes-problems.ts';
import { unknownFields } from '../kubernetes/tests/unknown-fields.ts';
import { prometheusProblems } from '../prometheus/tests/prometheus-problems.ts';
import { promtoolProblems } from '../prometheus/tests/promtool.ts';
import { runbookProblems } from '../prometheus/tests/runbook.ts';
import { CONFIGURATIONS } from '../terraform/tests/modules.ts';
import { checkDirectory } from '../terraform/tests/schema-check.ts';
import { join } from 'node:path';
import type { Suite } from './suite.ts';
import { openTerraformSuite } from './terraform-suite.ts';

/** A suite that only reads files. */
const reading = (complaints: (root: string) => Promise<readonly string[]>): Suite => ({
  open: (root) => Promise.resolve({ complaints: () => complaints(root), close: () => Promise.resolve() }),
});

export const SUITES = {
  /** Terraform itself with the schema-only provider: validate, plan, value rules, policies. */
  terraform: { needs: 'Terraform', open: openTerraformSuite },
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

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Tools that npm does not carry: what needs them runs where the tool is, and something smaller runs everywhere. */
const OPTIONAL = [
  {
    tool: 'Terraform',
    command: process.env.TERRAFORM_BIN ?? 'terraform',
    specs: ['terraform', 'policies', 'deployment', 'seed'].map((name) => `terraform/tests/${name}.spec.ts`),
    instead:
      'fmt, validate, terraform test, the policies and most seeded faults of Terraform did not run; fallback.spec.ts checked HCL against the schema',
  },
  {
    tool: 'kubectl',
    command: 'kubectl',
    specs: ['kustomize', 'rabbitmq'].map((name) => `kubernetes/tests/${name}.spec.ts`),
    instead: 'nothing was built by kustomize and docs/kubernetes.md was not followed; manifests.spec.ts read the files',
  },
  {
    tool: 'promtool',
    command: 'promtool',
    specs: [],
    instead: 'the alert rules were read but not run (Debian package prometheus)',
  },
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isPresent = ({ command }) =>
  command.includes('/')
    ? isExecutable(command)
    : (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, command)));

export const missingTools = OPTIONAL.filter((tool) => !isPresent(tool));

/** Jest's global setup: says loudly which path ran. With REQUIRE_TOOLS=1, as where they were just installed, it fails. */
export default function sayWhatIsMissing() {
  const messages = missingTools.map(({ tool, instead }) => `${tool} is not on this machine: ${instead}.`);
  if (messages.length === 0) return;
  if (process.env.REQUIRE_TOOLS === '1') throw new Error(messages.join('\n'));
  process.stderr.write(messages.map((message) => `\n*** ${message}\n\n`).join(''));
}

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOf } from '../settings.mjs';
import { type Manifest, parseManifests } from './manifests.ts';
import { APP_NAMES, OPERATIONS } from './workloads.ts';

/** What the guide did to the cluster, in its order. */
export type Step =
  | { readonly kind: 'apply'; readonly manifests: readonly Manifest[] }
  | { readonly kind: 'wait'; readonly job: string };

/** What docs/deploy.md leaves behind in the shell for this guide. */
const FROM_DEPLOY = {
  ENVIRONMENT: 'dev',
  LOCATION: 'westeurope',
  PREFIX: 'registry.example.com:5000/orderflow',
  REGISTRY: 'registry',
  TAG: '1234567890e1',
  VAULT: 'orderflow-dev-kv',
} as const;

/** Commands that need a cluster or Azure answer what the guide goes on with; kubectl builds with the real one. */
const STAND_INS = {
  kubectl: `#!/bin/bash
set -euo pipefail
next() { printf '%s/%03d.%s' "$STEPS" "$(ls "$STEPS" | wc -l)" "$1"; }
case "$*" in
  'apply -k '*) built=$("$KUBECTL" kustomize "$3"); printf '%s\\n' "$built" > "$(next apply)" ;;
  'apply -f -') read -r -d '' text || true; printf '%s\\n' "$text" > "$(next apply)" ;;
  *'--dry-run=client'*) exec "$KUBECTL" "$@" ;;
  'wait '*'--for=condition=complete'*) grep -o 'job/[^ ]*' <<< "$*" | cut -d/ -f2 > "$(next wait)" ;;
  'rollout '* | 'label '* | 'get '* | 'port-forward '* | 'logs '*) ;;
  *) echo "the guide asks kubectl for $*" >&2; exit 1 ;;
esac
`,
  terraform: `#!/bin/bash
case "$*" in
  'output -json') printf '%s' "$OUTPUTS" ;;
  'plan '* | 'apply '* | 'init'*) ;;
  *) echo "the guide asks terraform for $*" >&2; exit 1 ;;
esac
`,
  az: "#!/bin/bash\necho 'https://answer.of.az/'\n",
  git: `#!/bin/bash
case "$*" in
  'rev-parse --show-toplevel') echo "$CHECKOUT" ;;
  'rev-parse --short=12 HEAD') echo "$NEXT_TAG" ;;
  *) echo "the guide asks git for $*" >&2; exit 1 ;;
esac
`,
  curl: '#!/bin/bash\necho paid\n',
} as const;

/** The commands of a page: its blocks of bash, one after the other. */
export const commandsOf = (page: string): string =>
  [...page.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');

/** What Terraform answers about a system that has no value in common with the placeholders of the base. */
const OUTPUTS = {
  fully_qualified_namespace: { value: 'bus-of-the-guide.servicebus.windows.net' },
  database_host: { value: 'database.of.the.guide' },
  access: {
    value: {
      issuer: 'https://issuer.of.the.guide',
      audience: 'api://of-the-guide',
      jwks_url: 'https://issuer.of.the.guide/keys',
      customer_claim: 'customer-of-the-guide',
    },
  },
  identities: {
    value: Object.fromEntries(
      [...APP_NAMES, OPERATIONS.name, 'migrations', 'scaler'].map((name, index) => [
        name,
        { name: `${name}-of-the-guide`, client_id: `00000000-0000-0000-0000-00000000010${index}` },
      ]),
    ),
  },
};

/** The settings that a cluster of the guide has, but for its release. */
export const SETTINGS = settingsOf(OUTPUTS, FROM_DEPLOY.PREFIX, FROM_DEPLOY.TAG);

/**
 * Runs every command of docs/kubernetes.md in a copy of the files, with stand-ins for what is not here.
 * @returns what it did to the cluster
 * @throws Error with the output of the command that failed
 */
export function followGuide(root: string): readonly Step[] {
  const work = mkdtempSync(join(tmpdir(), 'orderflow-guide-'));
  try {
    const folder = (name: string) => {
      mkdirSync(join(work, name), { recursive: true });
      return join(work, name);
    };
    const [steps, bin] = [folder('steps'), folder('bin')];
    cpSync(join(root, 'infra/kubernetes'), folder('checkout/infra/kubernetes'), { recursive: true });
    // Step 3 of docs/deploy.md ends in this folder.
    const cwd = folder(`checkout/infra/terraform/environments/${FROM_DEPLOY.ENVIRONMENT}`);
    for (const [name, script] of Object.entries(STAND_INS)) {
      writeFileSync(join(bin, name), script);
      chmodSync(join(bin, name), 0o755);
    }
    const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail'], {
      cwd,
      encoding: 'utf8',
      input: commandsOf(readFileSync(join(root, 'docs/kubernetes.md'), 'utf8')),
      env: {
        ...FROM_DEPLOY,
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        HOME: work,
        STEPS: steps,
        OUTPUTS: JSON.stringify(OUTPUTS),
        CHECKOUT: join(work, 'checkout'),
        NEXT_TAG: '2234567890e1',
        KUBECTL: spawnSync('which', ['kubectl'], { encoding: 'utf8' }).stdout.trim(),
      },
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`a command of docs/kubernetes.md fails: ${stderr}`);
    return stepsIn(steps);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The variables that the guide takes over from docs/deploy.md. */
export const TAKEN_FROM_DEPLOY: readonly string[] = Object.keys(FROM_DEPLOY);

const stepsIn = (directory: string): readonly Step[] =>
  readdirSync(directory)
    .sort()
    .flatMap((file): Step[] => {
      const text = readFileSync(join(directory, file), 'utf8');
      if (file.endsWith('.apply')) return [{ kind: 'apply', manifests: parseManifests(text) }];
      return text
        .split('\n')
        .filter(Boolean)
        .map((job) => ({ kind: 'wait', job }));
    });

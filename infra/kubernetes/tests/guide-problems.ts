import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOfSteps } from './cluster.ts';
import { followGuide, SETTINGS, type Step } from './guide.ts';
import { problemsOf } from './kubernetes-problems.ts';
import type { Manifest } from './manifests.ts';
import { APP_NAMES, ofKind, OPERATIONS, type Workload, workloadsOf } from './workloads.ts';

/** What is wrong with docs/kubernetes.md and with what its commands build; nothing when all is well. */
export async function guideProblems(root: string): Promise<readonly string[]> {
  try {
    const steps = followGuide(root);
    return [
      ...problemsOfSteps(steps),
      ...releasesOf(steps).flatMap((manifests) => [...problemsOf(manifests), ...misplacedSettings(manifests)]),
      ...scalerProblems(root),
      ...(releasesOf(steps).length < 2 ? ['docs/kubernetes.md shows no second release'] : []),
    ];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** KEDA's operator is in another namespace as an add-on of AKS than from its chart, and Azure trusts it in one of them. */
function scalerProblems(root: string): readonly string[] {
  const terraform = readFileSync(join(root, 'infra/terraform/modules/system/variables.tf'), 'utf8');
  const [, trusted] = /keda_namespace += optional\(string, "([^"]+)"\)/.exec(terraform) ?? [];
  const page = readFileSync(join(root, 'docs/kubernetes.md'), 'utf8');
  return page.includes('--enable-keda') && trusted !== 'kube-system'
    ? [`KEDA runs in kube-system as the add-on that the guide takes, and is trusted in ${trusted}`]
    : [];
}

/** The variables that a page gives a value to. */
export const assignedIn = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/\b([A-Z]+)=/g)].map(([, name = '']) => name);

export const deployPage = (root: string): string => join(root, 'docs/deploy.md');

/** Namespace, jobs and apps of each release that brings its migrations along. */
function releasesOf(steps: readonly Step[]): readonly (readonly Manifest[])[] {
  const applied = steps.flatMap((step) => (step.kind === 'apply' ? [step.manifests] : []));
  const foundation = applied.find((manifests) => ofKind(manifests, 'Namespace').length > 0) ?? [];
  const jobs = applied.filter((manifests) => ofKind(manifests, 'Job').length > 0);
  const apps = applied.filter((manifests) => ofKind(manifests, 'Deployment').length > 0);
  return jobs.map((each, index) => [...foundation, ...each, ...(apps[index] ?? [])]);
}

/** Each value of settings.env must have reached its place: kustomize says nothing when a target selects nothing. */
function misplacedSettings(manifests: readonly Manifest[]): readonly string[] {
  const setting = (owner: string, what: string) => SETTINGS[`${owner.toUpperCase().replaceAll('-', '_')}_${what}`];
  const expected = (place: string, actual: unknown, wanted: unknown) =>
    actual === wanted && wanted !== undefined
      ? []
      : [`${place} is ${String(actual)}, not the setting ${String(wanted)}`];
  const clientIds = ofKind(manifests, 'ServiceAccount').flatMap(({ metadata: { name, annotations } }) =>
    expected(
      `the client id of ${name}`,
      annotations?.['azure.workload.identity/client-id'],
      setting(name, 'CLIENT_ID'),
    ),
  );
  const ofWorkload = ({ kind, name, container, variables }: Workload) => [
    ...expected(`the host of the database of ${name}`, variables.get('DATABASE_HOST'), SETTINGS['DATABASE_HOST']),
    ...expected(
      `the user of ${name}`,
      variables.get('DATABASE_USER'),
      setting(kind === 'Job' ? 'migrations' : name, 'IDENTITY'),
    ),
    ...(container.image.startsWith(`${SETTINGS['IMAGE_PREFIX']}/`) ? [] : [`${name} runs ${container.image}`]),
  ];
  const namespace = SETTINGS['SERVICEBUS_NAMESPACE'];
  const scaled = ofKind(manifests, 'ScaledObject').flatMap(({ metadata, spec }) =>
    (spec?.['triggers'] as readonly { type: string; metadata: { namespace?: string } }[])
      .filter(({ type }) => type === 'azure-servicebus')
      .flatMap((trigger) =>
        expected(`the namespace that ${metadata.name} scales on`, trigger.metadata.namespace, namespace),
      ),
  );
  const workloads = workloadsOf(manifests);
  const operations = workloads.find(({ name }) => name === OPERATIONS.name);
  const scope = expected('the scope of operations', operations?.variables.get('AUTH_SCOPE'), SETTINGS['AUTH_SCOPE']);
  const broker = workloads
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ name, variables }) =>
      expected(
        `the broker of ${name}`,
        variables.get('SERVICEBUS_FULLY_QUALIFIED_NAMESPACE'),
        `${namespace}.servicebus.windows.net`,
      ),
    );
  const scaler = ofKind(manifests, 'TriggerAuthentication').flatMap(({ spec }) =>
    expected(
      'the scaler',
      (spec?.['podIdentity'] as { identityId?: string }).identityId,
      setting('scaler', 'CLIENT_ID'),
    ),
  );
  const missing = [...APP_NAMES, OPERATIONS.name]
    .filter((app) => !workloads.some(({ name }) => name === app))
    .map((app) => `${app} is not applied`);
  return [...clientIds, ...scope, ...workloads.flatMap(ofWorkload), ...scaled, ...broker, ...scaler, ...missing];
}

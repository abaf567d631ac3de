import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { TAKEN_FROM_DEPLOY } from './guide.ts';
import { problemsOf } from './kubernetes-problems.ts';
import { assignedIn, deployPage, guideProblems } from './guide-problems.ts';
import {
  KUSTOMIZATIONS,
  type Kustomization,
  type Manifest,
  parseManifests,
  readManifests,
  REPOSITORY_ROOT,
  titleOf,
} from './manifests.ts';
import { APP_NAMES, OPERATIONS, workloadsOf } from './workloads.ts';

/** What `kubectl kustomize` builds, without the hash behind the names of generated ConfigMaps. */
function build(path: string): readonly Manifest[] {
  const built = spawnSync('kubectl', ['kustomize', join(REPOSITORY_ROOT, 'infra/kubernetes', path)], {
    encoding: 'utf8',
  });
  expect(built).toMatchObject({ status: 0, stderr: '' });
  return parseManifests(built.stdout.replaceAll(/\borderflow-[2-9bcdfghkmt]{10}\b/g, 'orderflow'));
}
const byTitle = (manifests: readonly Manifest[]) => new Map(manifests.map((manifest) => [titleOf(manifest), manifest]));

it.each(Object.keys(KUSTOMIZATIONS) as Kustomization[])('kubectl builds from %s what the policies read', (name) => {
  expect(byTitle(build(name))).toEqual(byTitle(readManifests(REPOSITORY_ROOT, name)));
});

it.each(Object.entries(KUSTOMIZATIONS))('the example overlay builds %s as %s', (name, folder) => {
  const titles = (manifests: readonly Manifest[]) =>
    manifests
      .map(titleOf)
      .map((title) => title.replace(/-(release|0123456789ab)$/, ''))
      .sort();
  expect(titles(build(`overlays/example/${folder}`))).toEqual(
    titles(readManifests(REPOSITORY_ROOT, name as Kustomization)),
  );
});

it('the example overlay builds the apps in order, as the policies want them', () => {
  const ordered = build('overlays/example/ordered');
  const others = ['namespace', 'migrations'].flatMap((folder) => build(`overlays/example/${folder}`));
  expect(problemsOf([...others, ...ordered])).toEqual([]);
  const queues = ordered.flatMap(({ kind, spec }) =>
    kind === 'ScaledObject'
      ? (spec?.['triggers'] as { metadata: { queueName?: string } }[]).flatMap(
          ({ metadata }) => metadata.queueName ?? [],
        )
      : [],
  );
  expect(queues.sort()).toEqual(['analytics', 'billing-ordered', 'order-status-ordered', 'orders-ordered']);
});

it('the example overlay builds apps that export spans, as the policies want them', () => {
  const traced = build('overlays/example/traced');
  const others = ['namespace', 'migrations'].flatMap((folder) => build(`overlays/example/${folder}`));
  expect(problemsOf([...others, ...traced])).toEqual([]);
  const apps = workloadsOf(traced).filter(({ kind }) => kind === 'Deployment');
  expect(apps.map(({ name }) => name).sort()).toEqual([...APP_NAMES, OPERATIONS.name].sort());
  for (const { variables, container } of apps) {
    expect(variables.get('OTEL_EXPORTER_OTLP_ENDPOINT')).toBe('http://otel-collector.monitoring:4318');
    expect(container.env).toContainEqual({
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      valueFrom: { secretKeyRef: { name: 'tracing', key: 'otlp-headers', optional: true } },
    });
  }
});

it('no app exports spans that is not told where', () => {
  const names = workloadsOf(build('overlays/example/apps')).flatMap(({ variables }) => [...variables.keys()]);
  expect(names.filter((name) => name.startsWith('OTEL_'))).toEqual([]);
});

it('docs/kubernetes.md leads from nothing to a second release and back', async () => {
  expect(await guideProblems(REPOSITORY_ROOT)).toEqual([]);
});

it('docs/kubernetes.md takes over only variables that docs/deploy.md sets', () => {
  const assigned = assignedIn(deployPage(REPOSITORY_ROOT));
  expect(TAKEN_FROM_DEPLOY.filter((variable) => !assigned.includes(variable))).toEqual([]);
});

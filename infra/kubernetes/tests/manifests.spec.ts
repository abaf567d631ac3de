import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { variablesToSet } from '../../terraform/tests/app-variables.ts';
import { SCALER_METADATA } from '../../terraform/tests/provider/value-rule-table.ts';
import { directoryOf, type Manifest, readManifests, validateManifest } from './manifests.ts';

interface Container {
  readonly ports: readonly [{ readonly containerPort: number }];
  readonly env: readonly { readonly name: string }[];
  readonly securityContext: object;
  readonly startupProbe: unknown;
  readonly livenessProbe: unknown;
  readonly readinessProbe: unknown;
  readonly resources: unknown;
}
interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly serviceAccountName: string;
  readonly containers: readonly [Container];
}
interface Scaling {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly [
    { readonly metadata: Readonly<Record<string, unknown>>; readonly authenticationRef: { readonly name: string } },
  ];
}

const APPS = {
  'order-api': { port: 3000, queue: 'order-status' },
  'order-worker': { port: 3001, queue: 'orders' },
  'billing-worker': { port: 3002, queue: 'billing' },
  'analytics-worker': { port: 3003, queue: 'analytics' },
} as const;

const manifests = readManifests('base');
const jobs = readManifests('migrations');
const kustomization = parse(readFileSync(join(directoryOf('base'), 'kustomization.yaml'), 'utf8')) as {
  readonly namespace: string;
  readonly configMapGenerator: readonly [{ readonly literals: readonly string[] }];
};

function find(kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
const podOf = (app: string): Pod => (find('Deployment', app).spec?.['template'] as { readonly spec: Pod }).spec;
const scalingOf = (app: string): Scaling => find('ScaledObject', app).spec as unknown as Scaling;

describe('the manifests', () => {
  it.each([...manifests, ...jobs].map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    '%s follows the schema of its kind',
    (_, manifest) => {
      expect(() => validateManifest(manifest)).not.toThrow();
    },
  );

  it('notices a field of the wrong type', () => {
    const scaledObject = find('ScaledObject', 'order-worker');
    const broken = { ...scaledObject, spec: { ...scaledObject.spec, minReplicaCount: 'two' } };
    expect(() => validateManifest(broken)).toThrow(/minReplicaCount/);
  });

  it('denies what no policy names', () => {
    expect(find('NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });
});

describe.each(Object.entries(APPS))('%s', (app, { port, queue }) => {
  it('runs unprivileged on a read-only file system', () => {
    expect(podOf(app).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(podOf(app).containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is probed where the app answers', () => {
    const [container] = podOf(app).containers;
    expect(container.ports[0].containerPort).toBe(port);
    for (const [probe, path] of [
      [container.startupProbe, '/health/startup'],
      [container.livenessProbe, '/health/live'],
      [container.readinessProbe, '/health/ready'],
    ]) {
      expect(probe).toMatchObject({ httpGet: { path, port: 'http' } });
    }
  });

  it('may finish what is in flight before it is killed', () => {
    const literal = kustomization.configMapGenerator[0].literals.find((each) => each.startsWith('SHUTDOWN_TIMEOUT='));
    expect(podOf(app).terminationGracePeriodSeconds).toBeGreaterThan(Number(/=(\d+)s$/.exec(literal ?? '')?.[1]));
  });

  it('is given the variables of its config schema', () => {
    const shared = kustomization.configMapGenerator[0].literals.map((each) => each.split('=')[0] ?? '');
    const own = podOf(app).containers[0].env.map(({ name }) => name);
    expect([...shared, ...own].sort()).toEqual([...(variablesToSet().get(app) ?? [])].sort());
  });

  it('answers to every name of its service', () => {
    const service = find('Service', app).metadata.name;
    const [allowed] = kustomization.configMapGenerator[0].literals.filter((each) => each.startsWith('ALLOWED_HOSTS='));
    const hosts = allowed?.replace('ALLOWED_HOSTS=', '').split(/,\s*/);
    const { namespace } = kustomization;
    for (const domain of ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`]) {
      expect(hosts).toContain(`${service}${domain}`);
    }
  });

  it('scales on the queue it owns, with an identity that is not its own', () => {
    const { scaleTargetRef, minReplicaCount, maxReplicaCount, triggers } = scalingOf(app);
    const [{ metadata, authenticationRef }] = triggers;
    expect(scaleTargetRef.name).toBe(app);
    expect(metadata).toMatchObject({ queueName: queue, messageCount: expect.stringMatching(/^[1-9]\d*$/) });
    expect(Object.keys(metadata).filter((key) => !SCALER_METADATA.includes(key as 'queueName'))).toEqual([]);
    expect(minReplicaCount).toBeGreaterThanOrEqual(1);
    expect(maxReplicaCount).toBeGreaterThan(minReplicaCount);
    expect(find('TriggerAuthentication', authenticationRef.name).spec).toMatchObject({
      podIdentity: { provider: 'azure-workload' },
    });
    expect(podOf(app).serviceAccountName).toBe(app);
  });

  it('has its database migrated by a job of its own', () => {
    const job = jobs.find(({ metadata }) => metadata.name === `migrate-${app}`);
    expect(job?.spec).toMatchObject({
      template: { spec: { restartPolicy: 'Never', containers: [{ args: ['migrate', app] }] } },
    });
  });

  it('loses at most one replica to a node that is drained', () => {
    expect(find('PodDisruptionBudget', app).spec).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': app } },
    });
  });
});

import { SCALER_METADATA } from '../../../terraform/tests/provider/value-rule-table.ts';
import type { Manifest } from '../manifests.ts';
import { APP_NAMES, APPS, type App, ofKind, OPERATIONS, selects, type Workload, workloadsOf } from '../workloads.ts';
import { type Policy, when } from './policy.ts';

interface Trigger {
  readonly type: string;
  readonly metricType?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly authenticationRef?: { readonly name: string };
}
interface Scaling {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
  readonly triggers: readonly Trigger[];
}

/** The keys of metadata that KEDA's scalers read; it ignores others without a word. */
const METADATA: Readonly<Record<string, readonly string[]>> = {
  'azure-servicebus': SCALER_METADATA,
  cpu: ['value', 'containerName'],
};

const scalingOf = (manifests: readonly Manifest[], app: App): Scaling | undefined =>
  ofKind(manifests, 'ScaledObject')
    .map(({ spec }) => spec as unknown as Scaling)
    .find(({ scaleTargetRef }) => scaleTargetRef.name === app);

const deploymentOf = (manifests: readonly Manifest[], app: string): Workload | undefined =>
  workloadsOf(manifests).find(({ kind, name }) => kind === 'Deployment' && name === app);

/** The queue that an app takes its messages from. */
const queueOf = (manifests: readonly Manifest[], app: App): string =>
  `${APPS[app].queue}${deploymentOf(manifests, app)?.variables.get('ORDERED') === 'true' ? '-ordered' : ''}`;

/** Messages that one replica handles within a minute or so. */
const MOST_MESSAGES = 1000;

/** By the queue that it owns, with an identity that is no app's, and never to zero: a replica drains the outbox. */
export const appsScaleOnTheirQueue: Policy = (manifests) =>
  APP_NAMES.flatMap((app) => {
    const { minReplicaCount = 0, maxReplicaCount = 100, triggers = [] } = scalingOf(manifests, app) ?? {};
    const trigger = triggers.find(({ type }) => type === 'azure-servicebus');
    const { queueName, messageCount, namespace } = trigger?.metadata ?? {};
    return [
      ...when(queueName !== queueOf(manifests, app), `${app} scales on the queue ${String(queueName)}`),
      ...when(
        !/^[1-9]\d*$/.test(String(messageCount)) || typeof messageCount !== 'string',
        `${app} scales on no messageCount, or on one that is no string`,
      ),
      ...when(
        Number(messageCount) > MOST_MESSAGES,
        `${app} takes ${String(messageCount)} messages a replica for normal, sensible are ${MOST_MESSAGES} at most`,
      ),
      ...when(!namespace, `${app} scales by identity and names no namespace, which the scaler then needs`),
      ...when(minReplicaCount < 2, `${app} may scale to ${minReplicaCount}: two survive the loss of a node`),
      ...when(maxReplicaCount <= minReplicaCount, `${app} cannot grow beyond ${maxReplicaCount}`),
      ...triggers.flatMap(({ type, metadata }) =>
        Object.keys(metadata)
          .filter((key) => !METADATA[type]?.includes(key))
          .map((key) => `${app} gives the scaler ${type} ${key}, which it does not read`),
      ),
    ];
  });

/** KEDA's identity takes Manage. It is named by every trigger that asks Service Bus, and is no workload's. */
export const onlyTheScalerManages: Policy = (manifests) => {
  const authentications = new Map(
    ofKind(manifests, 'TriggerAuthentication').map(({ metadata, spec }) => [
      metadata.name,
      (spec?.['podIdentity'] ?? {}) as { readonly provider?: string; readonly identityId?: string },
    ]),
  );
  return APP_NAMES.flatMap((app) =>
    (scalingOf(manifests, app)?.triggers ?? [])
      .filter(({ type }) => type === 'azure-servicebus')
      .flatMap(({ authenticationRef }) => {
        const { provider, identityId } = authentications.get(authenticationRef?.name ?? '') ?? {};
        return when(provider !== 'azure-workload' || !identityId, `${app} scales without the identity of the scaler`);
      }),
  );
};

/** Requests do not wait in a queue: order-api also scales by load, as a share of the CPU that it requests. */
export const theApiScalesByLoad: Policy = (manifests) => {
  const trigger = scalingOf(manifests, 'order-api')?.triggers.find(({ type }) => type === 'cpu');
  const requested = deploymentOf(manifests, 'order-api')?.container.resources?.requests?.['cpu'];
  return [
    ...when(
      trigger?.metricType !== 'Utilization' || !(Number(trigger.metadata['value']) <= 90),
      'order-api does not scale by load',
    ),
    ...when(
      trigger !== undefined && requested === undefined,
      'order-api requests no CPU that its load could be a share of',
    ),
  ];
};

/** Two autoscalers, or a number in the manifest, undo each other at every turn. */
export const oneOwnerOfTheNumber: Policy = (manifests) => [
  ...ofKind(manifests, 'Deployment').flatMap(({ metadata: { name }, spec }) =>
    name === OPERATIONS.name
      ? when(spec?.['replicas'] !== 2, `${name} needs two replicas: one works, and one takes over`)
      : when(spec?.['replicas'] !== undefined, `${name} has a number of replicas, which every apply would set again`),
  ),
  ...ofKind(manifests, 'ScaledObject')
    .filter(({ spec }) => (spec as unknown as Scaling).scaleTargetRef.name === OPERATIONS.name)
    .map(() => `${OPERATIONS.name} is scaled, though only one of its replicas works`),
  ...ofKind(manifests, 'HorizontalPodAutoscaler').map(({ spec }) => {
    const { name } = spec?.['scaleTargetRef'] as { readonly name: string };
    return `${name} has an autoscaler besides KEDA's own`;
  }),
  ...APP_NAMES.flatMap((app) => {
    const targets = ofKind(manifests, 'ScaledObject').filter(
      ({ spec }) => (spec as unknown as Scaling).scaleTargetRef.name === app,
    );
    return when(targets.length !== 1, `${app} is scaled by ${targets.length} ScaledObjects`);
  }),
];

/** What the PostgreSQL of production (D2ds_v5) grants, without the 15 connections that Azure keeps. */
const GRANTED_CONNECTIONS = 844;

/** Each replica has its pool and one connection more that listens; a server that is full turns all apps away. */
export const replicasFitTheDatabase: Policy = (manifests) => {
  const needed = APP_NAMES.reduce((sum, app) => {
    const pool = Number(deploymentOf(manifests, app)?.variables.get('DATABASE_POOL_SIZE'));
    return sum + (scalingOf(manifests, app)?.maxReplicaCount ?? 100) * (pool + 1);
  }, operationsConnections(manifests));
  return when(
    !(needed <= GRANTED_CONNECTIONS),
    `all replicas open ${needed} connections, of the ${GRANTED_CONNECTIONS} that are granted`,
  );
};

function operationsConnections(manifests: readonly Manifest[]): number {
  const deployment = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === OPERATIONS.name);
  const pool = Number(deploymentOf(manifests, OPERATIONS.name)?.variables.get('DATABASE_POOL_SIZE') ?? 0);
  return deployment ? Number(deployment.spec?.['replicas']) * (pool + 1) : 0;
}

/** A node that is drained takes one replica at a time, and a release takes none. */
export const someoneIsAlwaysThere: Policy = (manifests) =>
  [...APP_NAMES, OPERATIONS.name].flatMap((app) => {
    const deployment = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === app);
    const rolling = (deployment?.spec?.['strategy'] as { rollingUpdate?: { maxUnavailable?: unknown } } | undefined)
      ?.rollingUpdate;
    const budget = ofKind(manifests, 'PodDisruptionBudget').find(({ spec }) =>
      selects(
        spec?.['selector'] as { matchLabels?: Record<string, string> },
        deploymentOf(manifests, app)?.labels ?? {},
      ),
    );
    return [
      ...when(budget?.spec?.['maxUnavailable'] !== 1, `${app} may lose every replica to nodes that are drained`),
      ...when(rolling?.maxUnavailable !== 0, `a release of ${app} takes replicas away before new ones are ready`),
    ];
  });

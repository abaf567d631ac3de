import type { Manifest } from '../manifests.ts';
import { titleOf, validateManifest } from '../manifests.ts';
import { type Container, ofKind, selects, type Workload, workloadsOf } from '../workloads.ts';
import { type Policy, when } from './policy.ts';

/** Made beside the manifests, since their values are in no file (docs/kubernetes.md): name and keys. */
export const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'billing-worker': ['payment-gateway-url'],
  operations: ['export-key', 'alert-webhook-url', 'alert-webhook-secret'],
  tracing: ['otlp-headers'],
};

export const schemasAreFollowed: Policy = (manifests) =>
  manifests.flatMap((manifest) => {
    try {
      validateManifest(manifest);
      return [];
    } catch (error) {
      return [`${titleOf(manifest)}: ${(error as Error).message}`];
    }
  });

/** Each is there once, in the namespace, which exists and is restricted. */
export const everythingIsInTheNamespace: Policy = (manifests) => {
  const titles = manifests.map(titleOf);
  const namespaces = ofKind(manifests, 'Namespace');
  return [
    ...titles.filter((title, at) => titles.indexOf(title) !== at).map((title) => `${title} is there twice`),
    ...manifests
      .filter(({ kind }) => kind !== 'Namespace')
      .filter(({ metadata }) => !namespaces.some((each) => each.metadata.name === metadata.namespace))
      .map(
        (manifest) => `${titleOf(manifest)} is in the namespace ${manifest.metadata.namespace}, which nothing makes`,
      ),
    ...namespaces.flatMap((each) =>
      when(
        each.metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted',
        `the namespace ${each.metadata.name} takes pods that are not restricted`,
      ),
    ),
  ];
};

/** Service accounts, ConfigMaps, secrets and what scalers name: a pod whose one is missing never starts. */
export const whatIsNamedExists: Policy = (manifests) => {
  const has = (kind: string, name: string | undefined) =>
    ofKind(manifests, kind).some(({ metadata }) => metadata.name === name);
  const missing = (who: string, kind: string, name: string | undefined) =>
    when(!has(kind, name), `${who} names the ${kind} ${name}, which does not exist`);
  return [
    ...workloadsOf(manifests).flatMap(({ name, pod, container }) => [
      ...missing(name, 'ServiceAccount', pod.serviceAccountName),
      ...(container.envFrom ?? []).flatMap(({ configMapRef }) => missing(name, 'ConfigMap', configMapRef?.name)),
      ...secretKeysOf(container)
        .filter(([secret, key]) => !SECRETS[secret]?.includes(key))
        .map(([secret, key]) => `${name} names the secret ${secret} with ${key}, which nobody makes`),
    ]),
    ...ofKind(manifests, 'ScaledObject').flatMap(({ metadata, spec }) => {
      const { scaleTargetRef, triggers = [] } = spec as unknown as {
        readonly scaleTargetRef: { readonly name: string };
        readonly triggers?: readonly { readonly authenticationRef?: { readonly name: string } }[];
      };
      return [
        ...missing(`ScaledObject ${metadata.name}`, 'Deployment', scaleTargetRef.name),
        ...triggers.flatMap(({ authenticationRef }) =>
          authenticationRef === undefined
            ? []
            : missing(`ScaledObject ${metadata.name}`, 'TriggerAuthentication', authenticationRef.name),
        ),
      ];
    }),
  ];
};

const secretKeysOf = ({ env = [] }: Container): [string, string][] =>
  env.flatMap(({ valueFrom }) =>
    valueFrom?.secretKeyRef ? [[valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key]] : [],
  );

/** A Deployment selects its own pods, and a Service the pods of the app that it is named after, at a port they have. */
export const selectorsSelect: Policy = (manifests) => {
  const deployments = workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment');
  const find = (name: string): Workload | undefined => deployments.find((each) => each.name === name);
  return [
    ...ofKind(manifests, 'Deployment').flatMap(({ metadata: { name }, spec }) =>
      when(
        !selects(spec?.['selector'] as Selector, find(name)?.labels ?? {}),
        `Deployment ${name} does not select its pods`,
      ),
    ),
    ...deployments.flatMap(({ name }) =>
      when(!ofKind(manifests, 'Service').some(({ metadata }) => metadata.name === name), `${name} has no Service`),
    ),
    ...ofKind(manifests, 'Service').flatMap((service) => serviceProblems(service, find(service.metadata.name))),
  ];
};

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

function serviceProblems({ metadata: { name }, spec }: Manifest, workload: Workload | undefined): readonly string[] {
  const {
    type = 'ClusterIP',
    selector = {},
    ports = [],
  } = spec as unknown as {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
  };
  const named = workload?.container.ports?.find((each) => each.name === ports[0]?.targetPort);
  return [
    ...when(type !== 'ClusterIP', `Service ${name} is open to more than the cluster: it is a ${type}`),
    ...when(!selects({ matchLabels: selector }, workload?.labels ?? {}), `Service ${name} selects no pod`),
    ...when(
      named === undefined || named.containerPort !== ports[0]?.port,
      `Service ${name} leads to no port of its pods`,
    ),
  ];
}

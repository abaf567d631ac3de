import type { Labels, Manifest } from './manifests.ts';

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: Reference; readonly configMapKeyRef?: Reference };
}
interface Reference {
  readonly name: string;
  readonly key: string;
}
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number };
}
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly env?: readonly EnvironmentVariable[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string }[];
}
export interface Pod {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly volumes?: readonly { readonly name: string; readonly hostPath?: unknown }[];
}

/** A Deployment or a Job, with the one container of its pods. */
export interface Workload {
  readonly kind: string;
  /** For a job of a release, without the release: `migrate-order-api`. */
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly pod: Pod;
  readonly container: Container;
  /** Every variable of the container with its literal value; '' for what comes from a secret. */
  readonly variables: ReadonlyMap<string, string>;
}

interface Template {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: Pod;
}

/** The apps with the port and the queue of each. */
export const APPS = {
  'order-api': { port: 3000, queue: 'order-status' },
  'order-worker': { port: 3001, queue: 'orders' },
  'billing-worker': { port: 3002, queue: 'billing' },
  'analytics-worker': { port: 3003, queue: 'analytics' },
} as const;
export type App = keyof typeof APPS;
export const APP_NAMES = Object.keys(APPS) as App[];

/** order-api's image once more, from inside only: it has the right to manage, and no queue that it is scaled by. */
export const OPERATIONS = { name: 'operations', port: APPS['order-api'].port } as const;

export const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

/** Every workload of the manifests. */
export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map(({ kind, metadata, spec }) => {
      const { metadata: { labels = {}, annotations = {} } = {}, spec: pod } = spec?.['template'] as Template;
      const [container] = pod.containers as readonly [Container];
      const variables = new Map([...sharedVariables(manifests, container), ...ownVariables(container)]);
      const name = metadata.labels?.['app.kubernetes.io/name'] ?? metadata.name;
      return { kind, name, labels, annotations, pod, container, variables };
    });
}

const ownVariables = ({ env = [] }: Container): [string, string][] => {
  const values = new Map(env.map(({ name, value = '' }) => [name, value]));
  return [...values].map(([name, value]) => [
    name,
    value.replace(/\$\((\w+)\)/g, (_, other: string) => values.get(other) ?? ''),
  ]);
};

/** A generated ConfigMap has a hash behind its name; references have it as well. */
const sharedVariables = (manifests: readonly Manifest[], { envFrom = [] }: Container): [string, string][] =>
  envFrom.flatMap(({ configMapRef }) =>
    ofKind(manifests, 'ConfigMap')
      .filter(({ metadata }) => metadata.name === configMapRef?.name)
      .flatMap(({ data = {} }) => Object.entries(data)),
  );

/** Whether a label selector (`matchLabels`) selects a pod. An empty one selects every pod. */
export const selects = (selector: { readonly matchLabels?: Labels } | undefined, labels: Labels): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);

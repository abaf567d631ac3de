import type { Labels, Manifest } from '../manifests.ts';
import { APP_NAMES, APPS, ofKind, OPERATIONS, selects, type Workload, workloadsOf } from '../workloads.ts';
import { type Policy, when } from './policy.ts';

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels?: Labels };
  readonly podSelector?: { readonly matchLabels?: Labels };
  readonly ipBlock?: unknown;
}
interface Rule {
  readonly to?: readonly Peer[];
  readonly from?: readonly Peer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number }[];
}
interface NetworkPolicySpec {
  readonly podSelector: { readonly matchLabels?: Labels };
  readonly policyTypes: readonly string[];
  readonly egress?: readonly Rule[];
  readonly ingress?: readonly Rule[];
}

const policiesFor = (manifests: readonly Manifest[], { labels }: Workload): readonly NetworkPolicySpec[] =>
  ofKind(manifests, 'NetworkPolicy')
    .map(({ spec }) => spec as unknown as NetworkPolicySpec)
    .filter(({ podSelector }) => selects(podSelector, labels));

/** A rule without ports admits them all; a port without a protocol is TCP. */
const admits = ({ ports }: Rule, port: number, protocol: string): boolean =>
  ports === undefined || ports.some((each) => each.port === port && (each.protocol ?? 'TCP') === protocol);

/** A rule without peers is for everybody. */
const isFor = (peers: readonly Peer[] | undefined, namespace: string): boolean =>
  peers === undefined ||
  peers.some(({ namespaceSelector }) => namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === namespace);

interface Need {
  readonly what: string;
  readonly port: number;
  readonly protocol?: 'UDP';
  readonly namespace?: string;
}

/** `http://collector.NAMESPACE:4318` is one in the cluster; what has a longer name is outside. */
function collectorOf(endpoint: string | undefined): readonly Need[] {
  if (endpoint === undefined) return [];
  const { protocol, hostname, port } = new URL(endpoint);
  const [, namespace, ...domain] = hostname.split('.');
  const isInside = namespace !== undefined && (domain.length === 0 || domain[0] === 'svc');
  const at = Number(port) || (protocol === 'https:' ? 443 : 80);
  return [{ what: 'the collector of spans', port: at, ...(isInside && { namespace }) }];
}

/** What a workload must reach, from what it is configured with. */
const needsOf = ({ variables, labels }: Workload): readonly Need[] => [
  { what: 'DNS', port: 53, protocol: 'UDP', namespace: 'kube-system' },
  { what: 'DNS', port: 53, namespace: 'kube-system' },
  ...(variables.has('DATABASE_URL') ? [{ what: 'PostgreSQL', port: 5432 }] : []),
  ...(variables.has('SERVICEBUS_FULLY_QUALIFIED_NAMESPACE') ? [{ what: 'Service Bus', port: 5671 }] : []),
  ...collectorOf(variables.get('OTEL_EXPORTER_OTLP_ENDPOINT')),
  ...('azure.workload.identity/use' in labels ? [{ what: 'Entra ID', port: 443 }] : []),
];

/** The workers that `OPS_WORKERS` names: `orders=http://order-worker:3001`. */
const workersAskedBy = ({ variables }: Workload): readonly { readonly name: string; readonly port: number }[] =>
  [...(variables.get('OPS_WORKERS') ?? '').matchAll(/=http:\/\/([\w-]+):(\d+)/g)].map(([, name = '', port]) => ({
    name,
    port: Number(port),
  }));

export const nothingIsOpenByDefault: Policy = (manifests) =>
  workloadsOf(manifests).flatMap((workload) => {
    const policies = policiesFor(manifests, workload);
    return ['Ingress', 'Egress'].flatMap((type) =>
      when(
        !policies.some(({ policyTypes }) => policyTypes.includes(type)),
        `no policy closes the ${type} of ${workload.name}`,
      ),
    );
  });

export const neededIsReachable: Policy = (manifests) => [
  ...placesAreReachable(manifests),
  ...workersAnswerOperations(manifests),
];

const isPod = (peers: readonly Peer[] | undefined, name: string): boolean =>
  peers?.some(
    ({ podSelector, namespaceSelector }) =>
      namespaceSelector === undefined && podSelector?.matchLabels?.['app.kubernetes.io/name'] === name,
  ) === true;

/** Who asks a worker may go out to it, and is let in there. */
const workersAnswerOperations: Policy = (manifests) => {
  const all = workloadsOf(manifests);
  return all.flatMap((workload) => {
    const out = policiesFor(manifests, workload).flatMap(({ egress = [] }) => egress);
    return workersAskedBy(workload).flatMap(({ name, port }) => {
      const asked = all.find((each) => each.name === name);
      if (!asked) return [`${workload.name} asks ${name}, which does not exist`];
      const ways = policiesFor(manifests, asked).flatMap(({ ingress = [] }) => ingress);
      return [
        ...when(
          !out.some((rule) => isPod(rule.to, name) && admits(rule, port, 'TCP')),
          `${workload.name} cannot reach ${name} at TCP ${port}`,
        ),
        ...when(
          !ways.some((rule) => isPod(rule.from, workload.name) && admits(rule, port, 'TCP')),
          `${name} does not let ${workload.name} in at TCP ${port}`,
        ),
      ];
    });
  });
};

const placesAreReachable: Policy = (manifests) =>
  workloadsOf(manifests).flatMap((workload) => {
    const rules = policiesFor(manifests, workload).flatMap(({ egress = [] }) => egress);
    return needsOf(workload).flatMap(({ what, port, protocol = 'TCP', namespace = '' }) =>
      when(
        !rules.some((rule) => isFor(rule.to, namespace) && admits(rule, port, protocol)),
        `${workload.name} cannot reach ${what} at ${protocol} ${port}`,
      ),
    );
  });

/** Peers that are told by no label of their namespace: every pod of the cluster, or whole networks. */
const isAnybody = ({ namespaceSelector, ipBlock }: Peer): boolean =>
  ipBlock !== undefined ||
  (namespaceSelector !== undefined && Object.keys(namespaceSelector.matchLabels ?? {}).length === 0);

const ALLOWED_OUT = new Set([53, 443, 4318, 5432, 5671]);

/** A way to the port of one app, and to nothing else. */
const leadsToAnApp = ({ to = [], ports = [] }: Rule): boolean =>
  APP_NAMES.some((app) => isPod(to, app) && to.length === 1 && ports.length === 1 && ports[0]?.port === APPS[app].port);

/** Every port that is open outwards is one that something needs; every way in names who may take it. */
export const noMoreThanNeeded: Policy = (manifests) =>
  ofKind(manifests, 'NetworkPolicy').flatMap(({ metadata: { name }, spec }) => {
    const { egress = [], ingress = [] } = spec as unknown as NetworkPolicySpec;
    return [
      ...egress.flatMap(({ ports }) => when(ports === undefined, `${name} opens every port outwards`)),
      ...egress
        .filter((rule) => !leadsToAnApp(rule))
        .flatMap(({ ports = [] }) =>
          ports.flatMap(({ port = 0 }) =>
            when(!ALLOWED_OUT.has(port), `${name} opens port ${port} outwards, which nothing needs`),
          ),
        ),
      ...ingress.flatMap(({ from }) => when(from === undefined || from.some(isAnybody), `${name} lets everybody in`)),
    ];
  });

/** Who may ask an app for more than metrics, by the label of a namespace, or by the name of a workload. */
const DOORS: Readonly<Record<string, string>> = {
  'order-api': 'orderflow/ingress',
  operations: 'orderflow/operators',
};

const isPrometheus = ({ namespaceSelector }: Peer): boolean =>
  namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === 'monitoring';

/** Whether a peer is the one that an app is there for: people by their ingress, and for a worker operations. */
function isWanted({ namespaceSelector, podSelector, ipBlock }: Peer, app: string): boolean {
  if (ipBlock !== undefined) return false;
  const door = DOORS[app];
  if (door === undefined) {
    return namespaceSelector === undefined && podSelector?.matchLabels?.['app.kubernetes.io/name'] === OPERATIONS.name;
  }
  const labels = Object.entries(namespaceSelector?.matchLabels ?? {});
  return labels.length === 1 && labels[0]?.[0] === door && labels[0][1] === 'true';
}

/**
 * order-api is reached by who serves the ingress, operations by who serves operators and never by the public one, a worker
 * by operations, every app by Prometheus for its metrics, and nothing by anybody else.
 */
export const doorsAreTheRightOnes: Policy = (manifests) =>
  workloadsOf(manifests)
    .filter(({ kind }) => kind !== 'Job')
    .flatMap((workload) => {
      const { name, variables } = workload;
      const rules = policiesFor(manifests, workload).flatMap(({ ingress = [] }) => ingress);
      const port = Number(variables.get('PORT'));
      const metrics = Number(variables.get('METRICS_PORT'));
      const isOpen = (who: string, at: number) =>
        rules.some((rule) => isFor(rule.from, who) && admits(rule, at, 'TCP'));
      const others = rules.filter(({ from = [] }) => from.some((peer) => !isPrometheus(peer)));
      const isReached = others.some((rule) => admits(rule, port, 'TCP'));
      const strangers = others.filter(({ from = [] }) =>
        from.some((peer) => !isPrometheus(peer) && !isWanted(peer, name)),
      );
      return [
        ...when(!isOpen('monitoring', metrics), `Prometheus cannot reach ${name} at ${metrics}`),
        ...when(isOpen('monitoring', port), `Prometheus may ask ${name} for more than metrics`),
        ...when(
          others.some((rule) => admits(rule, metrics, 'TCP')),
          `the metrics of ${name} are open to more than Prometheus`,
        ),
        ...when(name in DOORS && !isReached, `nobody can reach ${name}`),
        ...when(strangers.length > 0, `${name} is open to more than Prometheus and whom it is there for`),
      ];
    });

/** Whoever may order gets no way to the dead letters of everybody. */
export const nothingPublicOperates: Policy = (manifests) =>
  workloadsOf(manifests)
    .filter(({ kind, name }) => kind === 'Deployment' && name !== OPERATIONS.name)
    .flatMap(({ name, variables }) =>
      when(
        (variables.get('OPS') ?? 'false') !== 'false',
        `${name} serves /ops to whom it is open: OPS has to be false`,
      ),
    );

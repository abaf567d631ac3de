import type { Labels, Manifest } from '../manifests.ts';
import { ofKind, selects, type Workload, workloadsOf } from '../workloads.ts';
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

export const neededIsReachable: Policy = (manifests) =>
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

/** Every port that is open outwards is one that something needs; every way in names who may take it. */
export const noMoreThanNeeded: Policy = (manifests) =>
  ofKind(manifests, 'NetworkPolicy').flatMap(({ metadata: { name }, spec }) => {
    const { egress = [], ingress = [] } = spec as unknown as NetworkPolicySpec;
    return [
      ...egress.flatMap(({ ports }) => when(ports === undefined, `${name} opens every port outwards`)),
      ...egress.flatMap(({ ports = [] }) =>
        ports.flatMap(({ port = 0 }) =>
          when(!ALLOWED_OUT.has(port), `${name} opens port ${port} outwards, which nothing needs`),
        ),
      ),
      ...ingress.flatMap(({ from }) => when(from === undefined || from.some(isAnybody), `${name} lets everybody in`)),
    ];
  });

/** order-api is reached by who serves the ingress, every app by Prometheus, and no worker by anybody else. */
export const doorsAreTheRightOnes: Policy = (manifests) =>
  workloadsOf(manifests).flatMap((workload) => {
    const rules = policiesFor(manifests, workload).flatMap(({ ingress = [] }) => ingress);
    const port = Number(workload.variables.get('PORT'));
    const metrics = Number(workload.variables.get('METRICS_PORT'));
    const isOpen = (who: string, at: number) => rules.some((rule) => isFor(rule.from, who) && admits(rule, at, 'TCP'));
    const others = rules.filter(({ from = [] }) =>
      from.some(({ namespaceSelector, podSelector, ipBlock }) => {
        const label = namespaceSelector?.matchLabels ?? {};
        return (
          ipBlock !== undefined ||
          (namespaceSelector === undefined && podSelector !== undefined) ||
          label['kubernetes.io/metadata.name'] !== 'monitoring'
        );
      }),
    );
    return workload.kind === 'Job'
      ? []
      : [
          ...when(!isOpen('monitoring', metrics), `Prometheus cannot reach ${workload.name} at ${metrics}`),
          ...when(isOpen('monitoring', port), `Prometheus may ask ${workload.name} for more than metrics`),
          ...when(
            others.some((rule) => admits(rule, metrics, 'TCP')),
            `the metrics of ${workload.name} are open to more than Prometheus`,
          ),
          ...when(
            workload.name === 'order-api' ? !others.some((rule) => admits(rule, port, 'TCP')) : others.length > 0,
            workload.name === 'order-api'
              ? 'nobody can reach order-api'
              : `${workload.name} is open to more than Prometheus`,
          ),
        ];
  });

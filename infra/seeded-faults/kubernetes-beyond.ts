import type { Fault } from './fault.ts';

const base = 'infra/kubernetes/base';
const policies = 'infra/kubernetes/namespace/network-policies.yaml';

/** What a pod, a policy or a scaler reaches beyond its own. */
export const BEYOND: readonly Fault[] = [
  {
    name: 'a scaler without an identity',
    file: `${base}/order-worker.yaml`,
    find: '      authenticationRef:\n        name: servicebus-scaler\n',
    replace: '',
    caughtBy: { kubernetes: 'order-worker scales without the identity of the scaler' },
  },
  {
    name: 'a scaler that does not say whose queue',
    file: `${base}/order-worker.yaml`,
    find: '        namespace: orderflow\n',
    replace: '',
    caughtBy: { kubernetes: 'order-worker scales by identity and names no namespace' },
  },
  {
    name: 'a replica for millions of messages',
    file: `${base}/billing-worker.yaml`,
    find: 'messageCount: "50"',
    replace: 'messageCount: "5000000"',
    caughtBy: { kubernetes: 'billing-worker takes 5000000 messages a replica for normal' },
  },
  {
    name: 'an app that is open to every pod of the cluster',
    file: policies,
    find: '        - namespaceSelector:\n            matchLabels:\n              orderflow/ingress: "true"',
    replace: '        - namespaceSelector: {}',
    caughtBy: { kubernetes: 'in-to-order-api lets everybody in' },
  },
  {
    name: 'a pod in the network of its node',
    file: `${base}/order-worker.yaml`,
    find: '      automountServiceAccountToken: false',
    replace: '      hostNetwork: true\n      automountServiceAccountToken: false',
    caughtBy: { kubernetes: 'order-worker shares network or processes with its node' },
  },
  {
    name: 'a pod that sees the disk of its node',
    file: `${base}/order-worker.yaml`,
    find: '          emptyDir:\n            medium: Memory\n            sizeLimit: 16Mi',
    replace: '          hostPath:\n            path: /',
    caughtBy: { kubernetes: 'order-worker mounts a folder of its node as tmp' },
  },
  {
    name: 'a second container, at which no rule looks',
    file: `${base}/analytics-worker.yaml`,
    find: '      volumes:\n',
    replace: '        - name: debug\n          image: debian:latest\n      volumes:\n',
    caughtBy: { kubernetes: 'analytics-worker has containers besides its own' },
  },
  {
    name: 'a worker with a public address',
    file: `${base}/order-worker.yaml`,
    find: 'spec:\n  selector:\n    app.kubernetes.io/name: order-worker\n  ports',
    replace: 'spec:\n  type: LoadBalancer\n  selector:\n    app.kubernetes.io/name: order-worker\n  ports',
    caughtBy: { kubernetes: 'Service order-worker is open to more than the cluster' },
  },
  {
    name: 'a service account that may do everything',
    file: `${base}/scaler.yaml`,
    find: 'apiVersion: keda',
    replace:
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: everything\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n  - kind: ServiceAccount\n    name: order-worker\n    namespace: orderflow\n---\napiVersion: keda',
    caughtBy: { kubernetes: 'RoleBinding everything: no schema for kind RoleBinding' },
  },
];

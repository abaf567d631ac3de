import type { Fault } from './fault.ts';

const base = 'infra/kubernetes/base';
const jobs = 'infra/kubernetes/migrations/jobs.yaml';
const accounts = 'infra/kubernetes/namespace/service-accounts.yaml';
const policies = 'infra/kubernetes/namespace/network-policies.yaml';
const settings = 'infra/kubernetes/settings/kustomization.yaml';
const guide = 'docs/kubernetes.md';

/** Read as it is written. */
const MANIFESTS: readonly Fault[] = [
  {
    name: 'no DNS for the pods',
    file: policies,
    find: '        - protocol: UDP\n          port: 53\n',
    replace: '',
    caughtBy: { kubernetes: 'order-worker cannot reach DNS at UDP 53' },
  },
  {
    name: 'DNS of another namespace',
    file: policies,
    find: 'kubernetes.io/metadata.name: kube-system',
    replace: 'kubernetes.io/metadata.name: dns',
    caughtBy: { kubernetes: 'order-api cannot reach DNS at TCP 53' },
  },
  {
    name: 'no way to Service Bus',
    file: policies,
    find: '        - protocol: TCP\n          port: 5671\n',
    replace: '',
    caughtBy: { kubernetes: 'billing-worker cannot reach Service Bus at TCP 5671' },
  },
  {
    name: 'no way to PostgreSQL',
    file: policies,
    find: '        - protocol: TCP\n          port: 5432\n',
    replace: '',
    caughtBy: { kubernetes: 'migrate-order-api cannot reach PostgreSQL at TCP 5432' },
  },
  {
    name: 'no way to Entra ID',
    file: policies,
    find: '        - protocol: TCP\n          port: 443\n',
    replace: '',
    caughtBy: { kubernetes: 'analytics-worker cannot reach Entra ID at TCP 443' },
  },
  {
    name: 'pods that may reach everything',
    file: policies,
    find: '  egress:\n    - ports:\n        - protocol: TCP\n          port: 5671',
    replace: '  egress:\n    - {}\n    - ports:\n        - protocol: TCP\n          port: 5671',
    caughtBy: { kubernetes: 'out-to-services opens every port outwards' },
  },
  {
    name: 'apps that are open to everybody',
    file: policies,
    find: '    - from:\n        - namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: monitoring\n',
    replace: '    - {}\n',
    caughtBy: { kubernetes: 'in-from-prometheus lets everybody in' },
  },
  {
    name: 'policies for pods that nobody has',
    file: policies,
    find: '  podSelector: {}\n',
    replace: '  podSelector:\n    matchLabels:\n      app: orderflow\n',
    caughtBy: { kubernetes: 'no policy closes the Egress of order-worker' },
  },
  {
    name: 'Prometheus that may not scrape',
    file: policies,
    find: 'kubernetes.io/metadata.name: monitoring',
    replace: 'kubernetes.io/metadata.name: prometheus',
    caughtBy: { kubernetes: 'Prometheus cannot reach order-worker at 3001' },
  },
  {
    name: 'the workload-identity label dropped',
    file: `${base}/billing-worker.yaml`,
    find: '        azure.workload.identity/use: "true"\n',
    replace: '',
    caughtBy: { kubernetes: 'billing-worker gets no token' },
  },
  {
    name: 'a migration without a service account',
    file: jobs,
    find: '      serviceAccountName: migrations\n',
    replace: '',
    caughtBy: { kubernetes: 'migrate-billing-worker runs as default, not as migrations' },
  },
  {
    name: 'a worker that runs as the administrator of the database',
    file: `${base}/order-worker.yaml`,
    find: 'serviceAccountName: order-worker',
    replace: 'serviceAccountName: migrations',
    caughtBy: { kubernetes: 'order-worker runs as migrations, not as order-worker' },
  },
  {
    name: 'a service account that is misspelt',
    file: accounts,
    find: '  name: analytics-worker\n',
    replace: '  name: analytics\n',
    caughtBy: { kubernetes: 'analytics-worker names the ServiceAccount analytics-worker, which does not exist' },
  },
  {
    name: 'a migration that lets nobody in',
    file: jobs,
    find: '            - --grant-to\n            - $(GRANT_TO)\n',
    replace: '',
    caughtBy: { kubernetes: 'the migration of order-worker lets in nobody' },
  },
  {
    name: 'two apps in one database',
    file: `${base}/order-worker.yaml`,
    find: ':5432/order_worker?',
    replace: ':5432/order_api?',
    caughtBy: { kubernetes: 'order-worker uses the database order_api, not order_worker' },
  },
  {
    name: 'a database whose name nobody verifies',
    file: `${base}/order-api.yaml`,
    find: 'sslmode=verify-full',
    replace: 'sslmode=require',
    caughtBy: { kubernetes: 'order-api does not verify who the database is' },
  },
  {
    name: 'a password in a manifest',
    file: `${base}/order-worker.yaml`,
    find: '$(DATABASE_USER)@',
    replace: '$(DATABASE_USER):hunter2@',
    caughtBy: { kubernetes: 'order-worker has a secret in the variable DATABASE_URL' },
  },
  {
    name: 'a secret that nobody makes',
    file: `${base}/billing-worker.yaml`,
    find: 'key: payment-gateway-url',
    replace: 'key: gateway-url',
    caughtBy: { kubernetes: 'billing-worker names the secret billing-worker with gateway-url, which nobody makes' },
  },
  {
    name: 'a deadline of the app beyond that of Kubernetes',
    file: `${base}/kustomization.yaml`,
    find: 'SHUTDOWN_TIMEOUT=45s',
    replace: 'SHUTDOWN_TIMEOUT=2m',
    caughtBy: { kubernetes: 'order-api takes 120 s to stop and is killed after 60 s' },
  },
  {
    name: "Kubernetes' own grace period",
    file: `${base}/analytics-worker.yaml`,
    find: '      terminationGracePeriodSeconds: 60\n',
    replace: '',
    caughtBy: { kubernetes: 'analytics-worker takes 45 s to stop and is killed after 30 s' },
  },
  {
    name: 'a misspelt probe',
    file: `${base}/order-api.yaml`,
    find: 'livenessProbe:',
    replace: 'livenesProbe:',
    caughtBy: { kubernetes: 'order-api has no livenessProbe at /health/live' },
  },
  {
    name: 'liveness that depends on the database',
    file: `${base}/order-worker.yaml`,
    find: '/health/live',
    replace: '/health/ready',
    caughtBy: { kubernetes: 'order-worker has no livenessProbe at /health/live' },
  },
  {
    name: 'a pod that may run as root',
    file: `${base}/order-worker.yaml`,
    find: 'runAsNonRoot: true\n        runAsUser: 1000',
    replace: 'runAsUser: 0',
    caughtBy: { kubernetes: 'order-worker may run as root' },
  },
  {
    name: 'a root file system that can be written to',
    file: jobs,
    find: '            readOnlyRootFilesystem: true\n',
    replace: '',
    caughtBy: { kubernetes: 'migrate-analytics-worker can write to its root file system' },
  },
  {
    name: 'an image without a version',
    file: `${base}/kustomization.yaml`,
    find: '  - name: orderflow/order-worker\n    newTag: release\n',
    replace: '',
    caughtBy: { kubernetes: 'order-worker runs orderflow/order-worker, which is not pinned' },
  },
  {
    name: 'a container without a limit of memory',
    file: `${base}/billing-worker.yaml`,
    find: '            limits:\n              memory: 512Mi\n',
    replace: '',
    caughtBy: { kubernetes: 'billing-worker has no limit of memory' },
  },
  {
    name: "a worker that scales on another one's queue",
    file: `${base}/billing-worker.yaml`,
    find: 'queueName: billing',
    replace: 'queueName: orders',
    caughtBy: { kubernetes: 'billing-worker scales on the queue orders' },
  },
  {
    name: 'a key of the scaler that KEDA does not read',
    file: `${base}/analytics-worker.yaml`,
    find: 'messageCount: "200"',
    replace: 'messageCount: "200"\n        queueLength: "200"',
    caughtBy: { kubernetes: 'analytics-worker gives the scaler azure-servicebus queueLength, which it does not read' },
  },
  {
    name: 'order-api that does not scale by load',
    file: `${base}/order-api.yaml`,
    find: '    - type: cpu\n      metricType: Utilization\n      metadata:\n        value: "70"\n',
    replace: '',
    caughtBy: { kubernetes: 'order-api does not scale by load' },
  },
  {
    name: 'a share of a CPU that nobody requests',
    file: `${base}/order-api.yaml`,
    find: '              cpu: 250m\n',
    replace: '',
    caughtBy: { kubernetes: 'order-api requests no CPU that its load could be a share of' },
  },
  {
    name: 'a number of replicas beside the scaler',
    file: `${base}/order-worker.yaml`,
    find: '  revisionHistoryLimit: 5\n',
    replace: '  revisionHistoryLimit: 5\n  replicas: 3\n',
    caughtBy: { kubernetes: 'order-worker has a number of replicas' },
  },
  {
    name: 'a worker that scales to zero with rows in its outbox',
    file: `${base}/billing-worker.yaml`,
    find: 'minReplicaCount: 2',
    replace: 'minReplicaCount: 0',
    caughtBy: { kubernetes: 'billing-worker may scale to 0' },
  },
  {
    name: 'more replicas than the database has connections for',
    file: `${base}/order-worker.yaml`,
    find: 'maxReplicaCount: 20',
    replace: 'maxReplicaCount: 40',
    caughtBy: { kubernetes: 'all replicas open 1040 connections' },
  },
  {
    name: 'a disruption budget for pods of another name',
    file: `${base}/analytics-worker.yaml`,
    find: '  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: analytics-worker',
    replace: '  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: analytics',
    caughtBy: { kubernetes: 'analytics-worker may lose every replica to nodes that are drained' },
  },
  {
    name: 'a variable that is misspelt',
    file: `${base}/order-api.yaml`,
    find: 'LAB_QUEUE_NAME',
    replace: 'LAB_QUEUE',
    caughtBy: { kubernetes: 'order-api is not given LAB_QUEUE_NAME' },
  },
];

/** Followed: every command of the guide is run, with stand-ins for Azure and the cluster. */
const GUIDE: readonly Fault[] = [
  {
    name: 'migrations before their namespace',
    file: guide,
    find: 'kubectl apply -k "$OVERLAY/namespace"\n',
    replace: '',
    caughtBy: { guide: 'is applied before its namespace orderflow' },
  },
  {
    name: 'apps that do not wait for their migrations',
    file: guide,
    find: 'kubectl apply -k "$OVERLAY/migrations" && migrated\n',
    replace: 'kubectl apply -k "$OVERLAY/migrations"\n',
    caughtBy: { guide: 'starts before its migration has ended' },
  },
  {
    name: 'a job with the same name in every release',
    file: settings,
    find: '      - select:\n          kind: Job\n        fieldPaths:\n          - metadata.name\n        options:\n          delimiter: "-"\n          index: 3\n',
    replace: '',
    caughtBy: { guide: 'the template of a job cannot be changed' },
  },
  {
    name: 'a secret that is forgotten',
    file: guide,
    find: '  | kubectl apply -f -\n',
    replace: '  > /dev/null\n',
    caughtBy: { guide: 'billing-worker starts before the Secret billing-worker is there' },
  },
  {
    name: 'a setting that goes nowhere',
    file: settings,
    find: 'labelSelector: app.kubernetes.io/name=migrate-billing-worker',
    replace: 'name: migrate-billing-worker-.*',
    caughtBy: { guide: 'the migration of billing-worker lets in orderflow-billing-worker' },
  },
];

/** Each alone: the suites take no time, and a fault in one line of YAML may hide another. */
export const KUBERNETES_FAULTS: readonly (readonly Fault[])[] = [...MANIFESTS, ...GUIDE].map((fault) => [fault]);

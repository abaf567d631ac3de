import type { Fault } from './fault.ts';

const apps = 'infra/terraform/modules/apps/deployments.tf';
const operations = 'infra/kubernetes/base/operations.yaml';
const policies = 'infra/kubernetes/namespace/network-policies.yaml';

/** Who operates dead letters on Container Apps. */
const TERRAFORM: readonly Fault[] = [
  {
    name: 'a public order-api that operates dead letters',
    file: apps,
    find: 'tostring(app == "operations")',
    replace: '"true"',
    caughtBy: { terraform: 'order-api is public and serves /ops' },
  },
  {
    name: 'operations that nobody takes over',
    file: apps,
    find: 'min_replicas = 2, max_replicas = 2',
    replace: 'min_replicas = 1, max_replicas = 1',
    caughtBy: { terraform: 'operations runs 1 times: nobody takes over' },
  },
  {
    name: 'a subscription whose dead letters nobody sees',
    file: apps,
    find: 'for key in ["billing", "analytics", "order-status"] :',
    replace: 'for key in ["billing", "order-status"] :',
    caughtBy: { terraform: 'nobody operates the dead letters of the subscription analytics' },
  },
  {
    name: 'replays that no consumer confirms',
    file: apps,
    find: 'orders = "order-worker", billing',
    replace: 'billing',
    caughtBy: { terraform: 'operations does not know who consumes orders' },
  },
  {
    name: 'a key for copies that operations may not read',
    file: 'infra/terraform/modules/system/main.tf',
    find: '        app   = "operations"\n        scope = "${azurerm_key_vault.this.id}/secrets/${local.export_key_secret}"',
    replace:
      '        app   = "order-worker"\n        scope = "${azurerm_key_vault.this.id}/secrets/${local.export_key_secret}"',
    caughtBy: { terraform: 'operations is not Key Vault Secrets User of ops-export-key' },
  },
];

/** The same on Kubernetes. */
const KUBERNETES: readonly Fault[] = [
  {
    name: 'a public order-api that operates dead letters in the cluster',
    file: 'infra/kubernetes/base/order-api.yaml',
    find: '            - name: OPS\n              value: "false"',
    replace: '            - name: OPS\n              value: "true"',
    caughtBy: { kubernetes: 'order-api serves /ops to whom it is open' },
  },
  {
    name: 'operations behind the public ingress',
    file: policies,
    find: 'orderflow/operators: "true"',
    replace: 'orderflow/ingress: "true"',
    caughtBy: { kubernetes: 'operations is open to more than Prometheus and whom it is there for' },
  },
  {
    name: 'one replica of operations',
    file: operations,
    find: '  replicas: 2\n',
    replace: '  replicas: 1\n',
    caughtBy: { kubernetes: 'operations needs two replicas' },
  },
  {
    name: 'operations that do not reach a worker',
    file: policies,
    find: '              app.kubernetes.io/name: billing-worker\n      ports:\n        - protocol: TCP\n          port: 3002\n',
    replace:
      '              app.kubernetes.io/name: billing-worker\n      ports:\n        - protocol: TCP\n          port: 3003\n',
    caughtBy: { kubernetes: 'operations cannot reach billing-worker at TCP 3002' },
  },
  {
    name: 'a worker that lets in more than operations',
    file: policies,
    find: '  name: in-to-analytics-worker\nspec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: analytics-worker\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: operations\n',
    replace:
      '  name: in-to-analytics-worker\nspec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: analytics-worker\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector: {}\n',
    caughtBy: { kubernetes: 'analytics-worker is open to more than Prometheus and whom it is there for' },
  },
  {
    name: 'operations with the role of order-api',
    file: operations,
    find: 'value: orderflow-operations',
    replace: 'value: orderflow-order-api',
    caughtBy: { kubernetes: 'operations is order-api to the database' },
  },
  {
    name: 'operations that their database does not let in',
    file: 'infra/kubernetes/migrations/jobs.yaml',
    find: '            - --grant-to\n            - $(GRANT_TO_OPERATIONS)\n',
    replace: '',
    caughtBy: { kubernetes: 'the migration of order-api lets in orderflow-order-api, not' },
  },
];

/** The second deployment of order-api: operations. */
export const SECOND_DEPLOYMENT_FAULTS = [TERRAFORM, KUBERNETES];
